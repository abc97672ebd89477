//! The shipped channel presets in `channels/`, embedded in the binary.

use include_dir::{Dir, include_dir};

static PRESETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/channels");

/// The text of a preset, for example `mailman3` or `boards/rest`.
pub fn text(name: &str) -> Option<&'static str> {
    PRESETS.get_file(format!("{name}.toml"))?.contents_utf8()
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
