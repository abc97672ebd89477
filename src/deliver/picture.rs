//! The bytes of the picture that goes with a rendition: read beside the page, never fetched, or drawn.
//! One that cannot be had, or is too large for the channel, is left out, and the rendition says so.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::drawing;
use crate::adapt::picture::{PictureLimits, PictureOf, card, file_of};
use crate::adapt::{Form, Rendition, Target};
use crate::posting::Posting;
use crate::site::Site;

/// Makes the picture of a rendition, and returns its bytes; `None` if it has none.
pub(super) fn make(
    rendition: &mut Rendition,
    site: &Site,
    posting: &Posting,
    target: &Target,
) -> Option<Vec<u8>> {
    let (Rendition::Status { picture, left_out, language, .. }, Form::Status { count, .. }) =
        (rendition, &target.form)
    else {
        return None;
    };
    let wanted = picture.as_mut()?;
    let limits = PictureLimits::of(*count);
    // The page that is shown may be a translation, with a picture of its own.
    let page = posting.translations.get(language.as_str()).map_or(posting, |it| it);
    let (what, bytes) = match target.picture {
        PictureOf::None => return None,
        PictureOf::Page => {
            let image = page.image.as_ref()?;
            let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
            let path = site.content.join(folder).join(&image.file);
            (format!("the picture {}", image.file), read(&path, limits.bytes))
        }
        PictureOf::Card => {
            let card = card(page, target, &site.templates).map_err(|error| error.to_string());
            ("the card".to_owned(), card.and_then(|card| drawing::draw(&card)))
        }
    };
    let made = bytes.and_then(|bytes| {
        wanted.file = Some(file_of(&bytes, limits)?);
        Ok(bytes)
    });
    match made {
        Ok(bytes) => Some(bytes),
        Err(why) => {
            left_out.push(format!("left out: {what}: {why}"));
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
