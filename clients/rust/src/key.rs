//! Idempotency keys.

use tonic::{Request, Status, metadata::AsciiMetadataValue};

use crate::generated::rules;

const LENGTH: usize = 26;

/// An idempotency key: 26 letters and digits of base 32.
///
/// Keep it before the call that it is for, where that has to be made again after a restart
/// of the program. PortOne remembers keys for three hours.
///
/// # Panics
/// If the system has no random numbers.
pub fn new_key() -> String {
    random_key().expect("the system has random numbers")
}

/// The request with an idempotency key, which has 16 to 256 printable ASCII characters,
/// neither quotes nor backslashes, and no space at an end. With another key the call fails
/// with `INVALID_ARGUMENT` and is not sent.
pub fn with_key<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    // What is no metadata is no key either: the empty one is refused when it is sent.
    let value = AsciiMetadataValue::try_from(key).unwrap_or(AsciiMetadataValue::from_static(""));
    request.metadata_mut().insert(rules::IDEMPOTENCY_KEY, value);
    request
}

pub(crate) fn random_key() -> Result<String, getrandom::Error> {
    let mut random = [0; LENGTH];
    getrandom::fill(&mut random)?;
    let alphabet = rules::KEY_ALPHABET.as_bytes(); // 32 of them, so that none comes more often
    Ok(random.iter().map(|b| char::from(alphabet[usize::from(*b) % alphabet.len()])).collect())
}

/// The key that was given, without quotes around it. The error does not have it.
pub(crate) fn checked(given: &[u8]) -> Result<String, Status> {
    let bare = match given {
        [b'"', middle @ .., b'"'] => middle,
        all => all,
    };
    let allowed = |b: &u8| (b' '..=b'~').contains(b) && !matches!(b, b'"' | b'\\');
    let ends = bare.first() != Some(&b' ') && bare.last() != Some(&b' ');
    if (16..=256).contains(&bare.len()) && ends && bare.iter().all(allowed) {
        return Ok(String::from_utf8_lossy(bare).into_owned());
    }
    Err(Status::invalid_argument(format!(
        "{} has {} bytes; it must have 16 to 256, printable ASCII without quotes and backslashes, no space at an end",
        rules::IDEMPOTENCY_KEY,
        bare.len(),
    )))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_are_checked() {
        let long = "k".repeat(257);
        for (name, key, allowed) in [
            ("sixteen", "0123456789abcdef", true),
            ("fifteen", "0123456789abcde", false),
            ("in quotes", "\"0123456789abcdef\"", true),
            ("fifteen in quotes", "\"0123456789abcde\"", false),
            ("one quote", "\"0123456789abcdef", false),
            ("a space inside", "01234567 89abcdef", true),
            ("a space at the end", "0123456789abcdef ", false),
            ("a space within quotes", "\" 0123456789abcdef\"", false),
            ("a backslash", "01234567\\89abcdef", false),
            ("not ASCII", "0123456789abcdefé", false),
            ("a tab", "01234567\t89abcdef", false),
            ("the longest", &long[1..], true),
            ("too long", &long, false),
            ("empty", "", false),
            ("a quote alone", "\"", false),
        ] {
            let got = checked(key.as_bytes());
            assert_eq!(got.is_ok(), allowed, "{name}");
            if let Err(status) = got {
                assert!(key.len() < 5 || !status.message().contains(key), "{name} is shown");
            }
        }
    }

    #[test]
    fn the_rules_say_the_same() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules.json");
        let text = std::fs::read_to_string(path).expect("rules.json is there");
        let all: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let key = &all["idempotencyKey"];
        assert_eq!(key["pattern"], r"^[!#-\[\]-~][ !#-\[\]-~]{14,254}[!#-\[\]-~]$");
        assert_eq!((&key["minLength"], &key["maxLength"]), (&16.into(), &256.into()));
        assert_eq!(key["newLength"], LENGTH);
        assert_eq!(rules::KEY_ALPHABET.len(), 32);
    }

    #[test]
    fn new_keys_differ_and_are_allowed() {
        let keys: BTreeSet<String> = (0..1000).map(|_| new_key()).collect();
        assert_eq!(keys.len(), 1000);
        for key in keys {
            assert_eq!(checked(key.as_bytes()).expect("allowed"), key);
        }
    }
}
