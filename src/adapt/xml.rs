//! Whether a text is well-formed XML, as far as a template can spoil it: tags that do not pair,
//! bare `<` and `&`.

/// Checks tags, comments, sections, instructions and references; not names or namespaces.
///
/// # Errors
/// The first mistake and its line, in words.
pub fn check(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = text.trim_end();
    let at = |rest: &str| {
        let before = text.get(..text.trim_end().len().saturating_sub(rest.len()));
        before.unwrap_or_default().matches('\n').count() + 1
    };
    while let Some(start) = rest.find('<') {
        references(&rest[..start]).map_err(|why| format!("line {}: {why}", at(rest)))?;
        if open.is_empty() && !rest[..start].trim().is_empty() {
            return Err(format!("line {}: text outside the document's element", at(rest)));
        }
        rest = &rest[start..];
        let line = at(rest);
        let end_of = |sign: &str| {
            rest.find(sign)
                .map(|end| end + sign.len())
                .ok_or_else(|| format!("line {line}: `{sign}` is missing"))
        };
        let special = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
        if let Some((_, sign)) = special.iter().find(|(start, _)| rest.starts_with(start)) {
            rest = &rest[end_of(sign)?..];
            continue;
        }
        let end = tag_end(rest).ok_or_else(|| format!("line {line}: a tag is not closed"))?;
        let tag = &rest[1..end - 1];
        rest = &rest[end..];
        if let Some(name) = tag.strip_prefix('/') {
            let name = name.trim();
            match open.pop() {
                Some(opened) if opened == name => {}
                Some(opened) => {
                    return Err(format!("line {line}: `</{name}>` closes `<{opened}>`"));
                }
                None => return Err(format!("line {line}: `</{name}>` closes nothing")),
            }
            continue;
        }
        references(tag).map_err(|why| format!("line {line}: {why}"))?;
        let name = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(format!("line {line}: a bare `<`; write `&lt;`"));
        }
        roots += usize::from(open.is_empty());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    match (open.last(), roots) {
        (Some(opened), _) => Err(format!("`<{opened}>` is not closed")),
        (None, 1) if rest.trim().is_empty() => Ok(()),
        (None, 1) => Err("text after the document's element".to_owned()),
        (None, 0) => Err("there is no element".to_owned()),
        (None, _) => Err("there is more than one element at the top".to_owned()),
    }
}

/// The byte after the `>` that ends a tag; one in quotes does not.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at + 1),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn references(text: &str) -> Result<(), String> {
    for (at, _) in text.match_indices('&') {
        let name = text[at + 1..].split(';').next().unwrap_or_default();
        let known = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos");
        let numbered = name.len() > 1
            && name
                .strip_prefix('#')
                .is_some_and(|number| number.bytes().all(|b| b.is_ascii_hexdigit() || b == b'x'));
        if !known && !numbered {
            return Err("a bare `&` or an unknown reference; write `&amp;`".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_documents_pass() {
        let document =
            "<?xml version=\"1.0\"?>\n<!-- a < b -->\n<a b='>'><c/>&amp;&#38;<![CDATA[<&]]></a>\n";
        assert_eq!(check(document), Ok(()));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let cases = [
            ("<a>\n<b></a>", "line 2: `</a>` closes `<b>`"),
            ("<a>R&D</a>", "line 1: a bare `&` or an unknown reference; write `&amp;`"),
            ("<a>1 < 2</a>", "line 1: a bare `<`; write `&lt;`"),
            ("<a>", "`<a>` is not closed"),
            ("<a/><b/>", "there is more than one element at the top"),
            ("words", "there is no element"),
        ];
        for (document, mistake) in cases {
            assert_eq!(check(document), Err(mistake.to_owned()), "{document}");
        }
    }
}
