//! Cards: an SVG drawn as PNG, with the fonts of this machine. A text for which there is no font is
//! not drawn at all, so such a card is none.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query};
use resvg::usvg::{Group, Node, Options, Tree};

/// Width and height of a card may be this at most.
const LARGEST: u32 = 4096;

/// Families that a card looks well in, where the machine does not say which one is its `sans-serif`.
const FAMILIES: [&str; 7] =
    ["DejaVu Sans", "Noto Sans", "Liberation Sans", "Open Sans", "Roboto", "Arial", "Helvetica"];

/// The fonts of this machine; found once, because that reads each of them.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    let is_there = |fonts: &Database, family: Family<'_>| {
        fonts.query(&Query { families: &[family], ..Query::default() }).is_some()
    };
    if !is_there(&fonts, Family::SansSerif) {
        let known = FAMILIES.into_iter().find(|it| is_there(&fonts, Family::Name(it)));
        let any = || fonts.faces().find_map(|face| face.families.first()).map(|it| it.0.clone());
        if let Some(family) = known.map(str::to_owned).or_else(any) {
            fonts.set_sans_serif_family(family);
        }
    }
    // What names no family, or one that is not here, is drawn in the same.
    let family = fonts.family_name(&Family::SansSerif).to_owned();
    fonts.set_serif_family(family);
    Arc::new(fonts)
});

/// How many fonts this machine has for cards.
pub fn fonts() -> usize {
    FONTS.len()
}

/// Draws an SVG as PNG.
///
/// # Errors
/// In words, if it is none, or there is no font for what it says.
pub(super) fn draw(svg: &str) -> Result<Vec<u8>, String> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    if FONTS.is_empty() {
        let why = "this machine has no font for its words; install one (`fonts-dejavu-core`)";
        return Err(why.to_owned());
    }
    if svg.contains("<text") && !says_something(tree.root()) {
        return Err("none of its words can be drawn with the fonts of this machine".to_owned());
    }
    if let Some(missing) = without_a_glyph(tree.root()) {
        return Err(format!("no font of this machine has “{missing}”; install one that has"));
    }
    let size = tree.size().to_int_size();
    let fits = size.width() <= LARGEST && size.height() <= LARGEST;
    let mut picture =
        fits.then(|| Pixmap::new(size.width(), size.height())).flatten().ok_or_else(|| {
            format!("{}×{} pixels are more than a card has", size.width(), size.height())
        })?;
    resvg::render(&tree, Transform::default(), &mut picture.as_mut());
    picture.encode_png().map_err(|error| error.to_string())
}

/// Whether any words were laid out.
fn says_something(group: &Group) -> bool {
    group.children().iter().any(|node| match node {
        Node::Group(group) => says_something(group),
        Node::Text(text) => text.layouted().iter().any(|span| !span.positioned_glyphs.is_empty()),
        Node::Path(_) | Node::Image(_) => false,
    })
}

/// The first part of a text for which there is no glyph: glyph 0 of a font is the box that stands for
/// what it does not have.
fn without_a_glyph(group: &Group) -> Option<String> {
    group.children().iter().find_map(|node| match node {
        Node::Group(group) => without_a_glyph(group),
        Node::Text(text) => {
            let glyphs = text.layouted().iter().flat_map(|span| &span.positioned_glyphs);
            let missing: Vec<_> = glyphs.filter(|glyph| glyph.id.0 == 0).collect();
            // Of several that make up one sign, one alone has its text.
            let said = missing.iter().find(|glyph| !glyph.text.trim().is_empty());
            said.or(missing.first()).map(|glyph| glyph.text.clone())
        }
        Node::Path(_) | Node::Image(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saying(words: &str) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\" height=\"100\">\
             <text x=\"10\" y=\"60\" font-family=\"sans-serif\" font-size=\"40\">{words}</text></svg>"
        )
    }

    #[test]
    fn words_are_drawn_or_it_is_said_that_there_is_no_font() {
        match draw(&saying("tides")) {
            Ok(tides) => {
                assert!(fonts() > 0);
                assert_ne!(tides, draw(&saying("waves")).unwrap(), "the words can be seen");
                assert_eq!(tides, draw(&saying("tides")).unwrap());
            }
            Err(why) => {
                assert_eq!(fonts(), 0, "{why}");
                assert!(why.contains("no font"), "{why}");
            }
        }
    }

    #[test]
    fn a_family_that_is_not_here_is_drawn_in_another() {
        let named = saying("tides").replace("sans-serif", "Nowhere Grotesk");
        assert_eq!(draw(&named).is_ok(), fonts() > 0, "{:?}", draw(&named));
    }

    #[test]
    fn what_no_font_has_is_not_drawn_as_a_box() {
        // A character for private use, which means nothing.
        let why = draw(&saying("\u{F8FFE}")).unwrap_err();
        assert!(why.contains("font"), "{why}");
    }

    #[test]
    fn what_is_no_svg_is_told() {
        assert!(draw("<p>tides</p>").is_err());
        let large = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"90000\" height=\"90000\"/>";
        assert!(draw(large).is_err());
    }
}
