//! Links to what is stored: made of its bytes, so they are known before it is. Pure.
//!
//! Sources: <https://atproto.com/specs/data-model> (DRISL, a strict form of CBOR, and how JSON writes
//! links), <https://github.com/multiformats/cid>.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// A CID of version 1 that is hashed with SHA-256 (32 bytes): of a record, and of a file.
const RECORD: [u8; 4] = [0x01, 0x71, 0x12, 0x20];
const FILE: [u8; 4] = [0x01, 0x55, 0x12, 0x20];

/// The link of a record; `None` if it holds what a record cannot (a fraction).
pub(super) fn of_record(record: &Value) -> Option<String> {
    let mut bytes = Vec::new();
    write(record, &mut bytes)?;
    Some(written(RECORD, &Sha256::digest(bytes)))
}

/// The link of a file with this SHA-256 (hex); `None` if that is none.
pub(super) fn of_file(sha256: &str) -> Option<String> {
    let hash = HEXLOWER.decode(sha256.as_bytes()).ok().filter(|hash| hash.len() == 32)?;
    Some(written(FILE, &hash))
}

fn written(kind: [u8; 4], hash: &[u8]) -> String {
    let cid = [&kind[..], hash].concat();
    format!("b{}", BASE32_NOPAD.encode(&cid).to_lowercase())
}

/// The major types of CBOR (RFC 8949 §3.1).
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// The tag of a link.
const LINK: u64 = 42;

fn write(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => head(UNSIGNED, number, out),
            // -1 is written as 0.
            (None, Some(number)) => head(NEGATIVE, number.unsigned_abs() - 1, out),
            (None, None) => return None,
        },
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            head(ARRAY, items.len() as u64, out);
            items.iter().try_for_each(|item| write(item, out))?;
        }
        Value::Object(fields) => match fields.get("$link") {
            Some(link) => write_link(link.as_str()?, out)?,
            None => write_map(fields, out)?,
        },
    }
    Some(())
}

/// Shorter names come first, and those of the same length as their bytes do.
fn write_map(fields: &Map<String, Value>, out: &mut Vec<u8>) -> Option<()> {
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| (name.len(), *name));
    head(MAP, fields.len() as u64, out);
    fields.into_iter().try_for_each(|(name, value)| {
        write_text(name, out);
        write(value, out)
    })
}

/// The bytes of the CID behind a zero.
fn write_link(link: &str, out: &mut Vec<u8>) -> Option<()> {
    let cid = BASE32_NOPAD.decode(link.strip_prefix('b')?.to_uppercase().as_bytes()).ok()?;
    head(TAG, LINK, out);
    head(BYTES, cid.len() as u64 + 1, out);
    out.push(0);
    out.extend(cid);
    Some(())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    head(TEXT, text.len() as u64, out);
    out.extend(text.as_bytes());
}

/// What begins an item: its type, and its value or length in as few bytes as can be.
fn head(major: u8, number: u64, out: &mut Vec<u8>) {
    let [.., last] = number.to_be_bytes();
    let major = major << 5;
    if number < 24 {
        out.push(major | last);
    } else if let Ok(number) = u8::try_from(number) {
        out.extend([major | 24, number]);
    } else if let Ok(number) = u16::try_from(number) {
        out.push(major | 25);
        out.extend(number.to_be_bytes());
    } else if let Ok(number) = u32::try_from(number) {
        out.push(major | 26);
        out.extend(number.to_be_bytes());
    } else {
        out.push(major | 27);
        out.extend(number.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The protocol's own vectors (`interop-test-files/data-model/data-model-fixtures.json` in
    /// bluesky-social/atproto), but for the bytes that JSON writes as `$bytes`: no post has any.
    #[test]
    fn a_record_has_the_link_that_the_protocol_gives_it() {
        let record = json!({
            "string": "abc",
            "unicode": "a~öñ©⽘☎𓋓😀👨‍👩‍👧‍👧",
            "integer": 123,
            "bool": true,
            "null": null,
            "array": ["abc", "def", "ghi"],
            "object": { "string": "abc", "number": 123, "bool": true, "arr": ["abc", "def", "ghi"] },
        });
        let known = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
        assert_eq!(of_record(&record).as_deref(), Some(known));
    }

    #[test]
    fn a_blob_in_a_record_is_written_as_the_protocol_writes_it() {
        let blob = json!({
            "$type": "blob",
            "ref": { "$link": "bafkreiccldh766hwcnuxnf2wh6jgzepf2nlu2lvcllt63eww5p6chi4ity" },
            "mimeType": "image/jpeg",
            "size": 10000,
        });
        let mut bytes = Vec::new();
        write(&blob, &mut bytes).unwrap();
        let known = "pGNyZWbYKlglAAFVEiBCWM//ePYTaXaXVj+SbJHl01dNLqJa5+2S1uv8I6OInmRzaXplGScQZSR0eXBl\
                     ZGJsb2JobWltZVR5cGVqaW1hZ2UvanBlZw==";
        assert_eq!(data_encoding::BASE64.encode(&bytes), known);
    }

    #[test]
    fn numbers_and_lengths_take_as_few_bytes_as_can_be() {
        for (value, bytes) in [
            (json!(23), vec![0x17]),
            (json!(24), vec![0x18, 24]),
            (json!(256), vec![0x19, 1, 0]),
            (json!(65_536), vec![0x1a, 0, 1, 0, 0]),
            (json!(4_294_967_296_u64), vec![0x1b, 0, 0, 0, 1, 0, 0, 0, 0]),
            (json!(-1), vec![0x20]),
            (json!(-500), vec![0x39, 1, 0xf3]),
            (json!(false), vec![0xf4]),
        ] {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            assert_eq!(out, bytes, "{value}");
        }
        assert_eq!(of_record(&json!({ "share": 0.5 })), None, "a record holds no fractions");
    }

    #[test]
    fn a_file_is_named_by_its_hash() {
        // Of the empty file, whose CID is well known.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let known = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
        assert_eq!(of_file(empty).as_deref(), Some(known));
        assert_eq!(of_file("e3b0"), None);
    }
}
