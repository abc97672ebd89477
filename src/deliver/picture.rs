//! The bytes of the picture that goes with a rendition: read beside the page, never fetched. One
//! that cannot be had, or is too large for the channel, is left out, and the rendition says so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::adapt::picture::{PictureLimits, file_of};
use crate::adapt::{Form, Rendition};
use crate::posting::Posting;
use crate::site::Site;

/// Makes the picture of a rendition, and returns its bytes; `None` if it has none.
pub(super) fn make(
    rendition: &mut Rendition,
    site: &Site,
    posting: &Posting,
    form: &Form,
) -> Option<Vec<u8>> {
    let (Rendition::Status { picture, left_out, language, .. }, Form::Status { count, .. }) =
        (rendition, form)
    else {
        return None;
    };
    let wanted = picture.as_mut()?;
    let limits = PictureLimits::of(*count);
    // The page that is shown may be a translation, with a picture of its own.
    let page = posting.translations.get(language.as_str()).map_or(posting, |it| it);
    let image = page.image.as_ref()?;
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let path = site.content.join(folder).join(&image.file);
    let bytes = read(&path, limits.bytes).and_then(|bytes| {
        wanted.file = Some(file_of(&bytes, limits)?);
        Ok(bytes)
    });
    match bytes {
        Ok(bytes) => Some(bytes),
        Err(why) => {
            left_out.push(format!("left out: the picture {}: {why}", image.file));
            None
        }
    }
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(said)?;
    if !file.metadata().map_err(said)?.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    // One more than is allowed shows that it is too long.
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(said)?;
    Ok(bytes)
}
