//! Forms with files in them (RFC 7578), as the stand-ins read them.

use axum::http::{HeaderMap, header};

/// What stands between two parts, as the request says it.
pub(super) fn boundary(headers: &HeaderMap) -> Option<&str> {
    let media_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    media_type.strip_prefix("multipart/form-data")?.split_once("boundary=").map(|(_, it)| it)
}

/// Head and content of each part of a form (RFC 7578).
pub(super) fn parts(body: &[u8], boundary: &str) -> Vec<(String, Vec<u8>)> {
    let delimiter = format!("--{boundary}");
    let find = |haystack: &[u8], needle: &[u8]| {
        haystack.windows(needle.len()).position(|window| window == needle)
    };
    let mut parts = Vec::new();
    let mut rest = body;
    while let Some(at) = find(rest, delimiter.as_bytes()) {
        rest = &rest[at + delimiter.len()..];
        let Some(end) = find(rest, delimiter.as_bytes()) else { break };
        let part = rest[..end].strip_suffix(b"\r\n").unwrap_or(&rest[..end]);
        if let Some(head) = find(part, b"\r\n\r\n") {
            let words = String::from_utf8_lossy(&part[..head]).trim().to_owned();
            parts.push((words, part[head + 4..].to_vec()));
        }
    }
    parts
}
