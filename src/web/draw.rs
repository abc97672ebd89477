//! Puts pages into HTML, by the shipped templates. Whatever is printed is escaped, and signs that
//! would turn or hide what follows are shown by their numbers: no ad can draw anything.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Output, State, Value};
use serde::Serialize;

use crate::adapt::html::escape;
use crate::log::plain_lines;

/// The one style sheet; in a page that stands alone it stands in the page.
pub const STYLE: &str = include_str!("../../templates/web/style.css");

/// What stands before the name of the page in a browser's tab.
pub const ICON: &str = include_str!("../../templates/web/icon.svg");

/// The templates, each compiled when it is asked for the first time.
pub struct Drawer(Environment<'static>);

const TEMPLATES: &[(&str, &str)] = &[
    ("base", include_str!("../../templates/web/base.html.j2")),
    ("parts", include_str!("../../templates/web/parts.html.j2")),
    ("overview", include_str!("../../templates/web/overview.html.j2")),
    ("posting", include_str!("../../templates/web/posting.html.j2")),
    ("calendar", include_str!("../../templates/web/calendar.html.j2")),
    ("delivery", include_str!("../../templates/web/delivery.html.j2")),
    ("log", include_str!("../../templates/web/log.html.j2")),
    ("channels", include_str!("../../templates/web/channels.html.j2")),
    ("health", include_str!("../../templates/web/health.html.j2")),
    ("login", include_str!("../../templates/web/login.html.j2")),
    ("preview", include_str!("../../templates/web/preview.html.j2")),
    ("message", include_str!("../../templates/web/message.html.j2")),
];

impl Default for Drawer {
    fn default() -> Self {
        let mut environment = Environment::new();
        environment.set_loader(|name| {
            let found = TEMPLATES.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, source)| (*source).to_owned()))
        });
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_formatter(print);
        Self(environment)
    }
}

impl Drawer {
    /// Draws a page.
    ///
    /// # Errors
    /// [`minijinja::Error`] if a shipped template is wrong, which a person cannot mend.
    pub fn draw(&self, name: &str, page: &impl Serialize) -> Result<String, minijinja::Error> {
        self.0.get_template(name)?.render(Value::from(Serde(page)))
    }
}

fn print(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => {
            Ok(out.write_str(&escape(&plain_lines(text)).replace('\'', "&#39;"))?)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}
