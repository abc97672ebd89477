//! The shipped channel presets in `channels/`, embedded in the binary.

use include_dir::{Dir, include_dir};
use serde::Deserialize;

static PRESETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/channels");

/// The text of a preset, for example `mailman3` or `boards/rest`.
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS.get_file(format!("{name}.toml"))?.contents_utf8()
}

/// A preset and those that it stands on, the nearest first, each with its name.
pub fn with_those_below(name: &str) -> Vec<(String, &'static str)> {
    let mut found: Vec<(String, &'static str)> = Vec::new();
    let mut next = Some(name.to_owned());
    while let Some(name) = next.filter(|name| found.iter().all(|(known, _)| known != name)) {
        let Some(text) = text(&name) else { break };
        next = toml::from_str::<Below>(text).ok().and_then(|written| written.preset);
        found.push((name, text));
    }
    found
}

/// What a preset stands on.
#[derive(Deserialize)]
struct Below {
    preset: Option<String>,
}

/// The names of all presets.
pub fn names() -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![&PRESETS];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        names.extend(folder.files().filter_map(|file| {
            let path = file.path().to_str()?.replace('\\', "/");
            path.strip_suffix(".toml").map(ToOwned::to_owned)
        }));
    }
    names.sort();
    names
}
