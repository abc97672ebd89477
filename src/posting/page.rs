//! A page, split into front matter and body, with what Hugo would make of it: language, address,
//! dates, and whether it is meant for the public.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::front_matter::Table;
use super::markdown::Document;
use super::{Availability, PageFile, Settings};
use crate::diagnostic::{Diagnostic, Source, Span};

/// A page whose front matter and body have been read, before the facts are.
#[derive(Debug, Clone)]
pub struct Page {
    pub source: Arc<Source>,
    /// Path from the content folder, with `/`.
    pub path: String,
    /// The page's own front matter.
    pub front: Table,
    /// What the pages above cascade down to it, nearest last; the page's own keys win.
    pub cascades: Vec<Table>,
    pub body: Span,
    pub document: Document,
    pub language: String,
    pub translation_key: String,
    pub permalink: Url,
    pub aliases: Vec<String>,
    pub availability: Availability,
    pub date: Option<DateTime<Utc>>,
    pub publish_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
    pub tags: Vec<String>,
}

/// Reads a page; `None` (with an error among the diagnostics) if it is no page that can be read.
pub fn read(
    file: &PageFile,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Page> {
    let _ = (file, settings, diagnostics);
    None
}
