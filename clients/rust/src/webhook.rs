//! Webhooks that PortOne sends, which are signed by the rules of Standard Webhooks.
//!
//! ```no_run
//! # fn f(headers: http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let verifier = portone_gateway::webhook::Verifier::new([std::env::var("WEBHOOK_SECRET")?])?;
//! let event = verifier.verify(&headers, body)?;
//! # Ok(()) }
//! ```
//!
//! The same webhook comes again until it is answered with 200, and not always in order:
//! remember [`Event::id`], and read the payment instead of trusting what was. An event of a
//! type that a program does not know is answered with 200 like any other; but
//! `Transaction.Confirm` is a question, and 200 approves the payment.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use serde_json::{Map, Value};
use sha2::Sha256;

const TOLERANCE: Duration = Duration::from_secs(5 * 60);
const SECRET_PREFIX: &str = "whsec_";
const LONGEST_ID: usize = 256;

/// Why a webhook is not accepted, or a verifier cannot be made. The text has no secrets and
/// nothing of the webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WebhookError {
    /// No secrets, or one that is empty or no base64: anybody could sign with it.
    Secret(String),
    /// A header is missing, or stands more than once, or cannot be read.
    Headers(&'static str),
    /// Nobody who knows a secret has signed this.
    Signature,
    /// The signature matches, and the time is too far from now: somebody repeats an old
    /// webhook, or a clock is wrong.
    Timestamp,
    /// The signature matches, and the body is no JSON object.
    Body,
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(why) => write!(f, "webhook: {why}"),
            Self::Headers(name) => {
                write!(f, "webhook: {name} does not stand once, or cannot be read")
            }
            Self::Signature => f.write_str("webhook: the signature does not match"),
            Self::Timestamp => f.write_str("webhook: the timestamp is too far from now"),
            Self::Body => f.write_str("webhook: the body is no JSON object"),
        }
    }
}

impl std::error::Error for WebhookError {}

/// Verifies webhooks.
#[derive(Clone)]
pub struct Verifier {
    keys: Vec<Vec<u8>>,
    tolerance: Duration,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier([redacted])")
    }
}

impl Verifier {
    /// Takes signatures by any of the secrets, as PortOne's console shows them: base64,
    /// after `whsec_` or not. Give two while one replaces the other.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, WebhookError> {
        let mut keys = Vec::new();
        for (i, secret) in secrets.into_iter().enumerate() {
            let bare = secret.as_ref().strip_prefix(SECRET_PREFIX).unwrap_or(secret.as_ref());
            match BASE64_STANDARD.decode(bare) {
                Ok(key) if !key.is_empty() => keys.push(key),
                Ok(_) => return Err(WebhookError::Secret(format!("secret {} is empty", i + 1))),
                Err(_) => {
                    return Err(WebhookError::Secret(format!("secret {} is not base64", i + 1)));
                }
            }
        }
        if keys.is_empty() {
            return Err(WebhookError::Secret("no secret is given".into()));
        }
        Ok(Self { keys, tolerance: TOLERANCE })
    }

    /// How far the time of a webhook may be from now, in either direction. Default: five
    /// minutes.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Verifies a webhook and reads it. The body is what was received, byte for byte; limit
    /// its size when you read it.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
        self.verify_at(headers, body, SystemTime::now())
    }

    /// As [`Verifier::verify`], at another time, for tests.
    pub fn verify_at(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Event, WebhookError> {
        let id = one(headers, "webhook-id")?;
        if id.len() > LONGEST_ID {
            return Err(WebhookError::Headers("webhook-id"));
        }
        let stamp = one(headers, "webhook-timestamp")?;
        let signatures = one(headers, "webhook-signature")?;
        let unreadable = WebhookError::Headers("webhook-timestamp");
        let seconds: u64 = stamp.parse().map_err(|_| unreadable.clone())?;
        let sent = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let sent = sent.ok_or(unreadable)?;
        if !self.signed(id, stamp, body, signatures) {
            return Err(WebhookError::Signature);
        }
        let distance = match now.duration_since(sent) {
            Ok(ago) => ago,
            Err(ahead) => ahead.duration(),
        };
        if distance > self.tolerance {
            return Err(WebhookError::Timestamp);
        }
        Event::read(id, sent, body)
    }

    /// Whether one of the signatures is by one of the keys. Every key is tried on every
    /// signature, so that the time says nothing of which is right.
    fn signed(&self, id: &str, stamp: &str, body: &[u8], signatures: &str) -> bool {
        let mut found = false;
        for key in &self.keys {
            let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key has any length");
            let mac = mac.chain_update(format!("{id}.{stamp}.")).chain_update(body);
            for signature in signatures.split_ascii_whitespace() {
                let text = signature.strip_prefix("v1,");
                let bytes = text.and_then(|text| BASE64_STANDARD.decode(text).ok());
                // verify_slice takes as long whatever the bytes are.
                found |= bytes.is_some_and(|bytes| mac.clone().verify_slice(&bytes).is_ok());
            }
        }
        found
    }
}

/// The value of a header that has to stand once.
fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => match value.to_str() {
            Ok(text) if !text.is_empty() && !text.contains('\t') => Ok(text),
            _ => Err(WebhookError::Headers(name)),
        },
        _ => Err(WebhookError::Headers(name)),
    }
}

/// A webhook that was verified. Members that PortOne did not send are none.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The webhook's id: the same when it is sent again.
    pub id: String,
    /// When it was sent, to the second.
    pub sent_at: SystemTime,
    /// What happened, such as `Transaction.Paid`. None for webhooks of the version
    /// 2024-01-01.
    pub event_type: Option<String>,
    /// When it happened, as PortOne writes it (RFC 3339).
    pub timestamp: Option<String>,
    /// To which store's object it happened.
    pub store_id: Option<String>,
    /// To which payment.
    pub payment_id: Option<String>,
    /// To which attempt to pay.
    pub transaction_id: Option<String>,
    /// To which cancellation.
    pub cancellation_id: Option<String>,
    /// To which billing key. A secret: keep it out of logs.
    pub billing_key: Option<String>,
    /// All members of what it happened to, by PortOne's names, known or not.
    pub data: Map<String, Value>,
}

/// Shows no data.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .finish_non_exhaustive()
    }
}

impl Event {
    /// Members of other types than expected are left to `data`: PortOne adds to webhooks
    /// without notice.
    fn read(id: &str, sent_at: SystemTime, body: &[u8]) -> Result<Self, WebhookError> {
        let mut all: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| WebhookError::Body)?;
        let (event_type, timestamp) = (text(&all, &["type"]), text(&all, &["timestamp"]));
        let data = match all.remove("data") {
            Some(Value::Object(data)) => data,
            Some(other) => {
                all.insert("data".into(), other);
                all
            }
            None => all,
        };
        Ok(Self {
            id: id.to_owned(),
            sent_at,
            event_type,
            timestamp,
            store_id: text(&data, &["storeId"]),
            payment_id: text(&data, &["paymentId", "payment_id"]),
            transaction_id: text(&data, &["transactionId", "tx_id"]),
            cancellation_id: text(&data, &["cancellationId", "cancellation_id"]),
            billing_key: text(&data, &["billingKey"]),
            data,
        })
    }
}

/// The first member that is a text and not empty.
fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let mut texts = names.iter().filter_map(|name| members.get(*name)?.as_str());
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw==";
    const OTHER: &str = "b3RoZXItc2VjcmV0";
    const BODY: &str = r#"{"type":"Transaction.Paid","timestamp":"2026-01-02T03:04:05.678Z","data":{"storeId":"s-1","paymentId":"p-1","transactionId":"t-1","new":{"n":1}}}"#;
    const NOW: u64 = 1_767_323_046;

    /// Signs as PortOne does.
    fn sign(secret: &str, id: &str, stamp: &str, body: &str) -> String {
        let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        let mac = mac.chain_update(format!("{id}.{stamp}.{body}")).finalize();
        format!("v1,{}", BASE64_STANDARD.encode(mac.into_bytes()))
    }

    fn headers(id: &str, stamp: &str, signatures: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", signatures)]
        {
            headers.insert(name, value.parse().expect("a header"));
        }
        headers
    }

    fn verify(headers: &HeaderMap, body: &str) -> Result<Event, WebhookError> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        Verifier::new([SECRET, OTHER])?.verify_at(headers, body.as_bytes(), now)
    }

    #[test]
    fn webhooks_are_verified() {
        let stamp = NOW.to_string();
        let right = sign(SECRET, "id-1", &stamp, BODY);
        let at = |seconds: u64| {
            let stamp = seconds.to_string();
            headers("id-1", &stamp, &sign(SECRET, "id-1", &stamp, BODY))
        };
        let among = format!("v1a,AAAA v1,AAAA nonsense {right}");
        let of = |signatures: &str| headers("id-1", &stamp, signatures);
        let signed = |body: &str| of(&sign(SECRET, "id-1", &stamp, body));
        let mut twice = of(&right);
        twice.append("webhook-signature", right.parse().expect("a header"));
        let long = headers(&"x".repeat(300), &stamp, &right);
        let bad_stamp = WebhookError::Headers("webhook-timestamp");
        let unsigned = WebhookError::Headers("webhook-signature");
        use WebhookError::{Body, Headers, Signature, Timestamp};
        for (name, headers, body, want) in [
            ("right", of(&right), BODY, None),
            ("by the other secret", of(&sign(OTHER, "id-1", &stamp, BODY)), BODY, None),
            ("among others", of(&among), BODY, None),
            ("five minutes ago", at(NOW - 300), BODY, None),
            ("older", at(NOW - 301), BODY, Some(Timestamp)),
            ("from the future", at(NOW + 301), BODY, Some(Timestamp)),
            ("from the end of time", at(u64::MAX), BODY, Some(bad_stamp.clone())),
            ("another body", of(&right), &format!("{BODY} "), Some(Signature)),
            ("another id", headers("id-2", &stamp, &right), BODY, Some(Signature)),
            ("another time", headers("id-1", "1", &right), BODY, Some(Signature)),
            ("nobody's", of(&sign("bm9ib2R5", "id-1", &stamp, BODY)), BODY, Some(Signature)),
            ("of another version", of(&right.replace("v1,", "v2,")), BODY, Some(Signature)),
            ("half", of(&right[..20]), BODY, Some(Signature)),
            ("not signed", of(""), BODY, Some(unsigned.clone())),
            ("signed twice over", twice, BODY, Some(unsigned)),
            ("no headers", HeaderMap::new(), BODY, Some(Headers("webhook-id"))),
            ("no number", headers("id-1", "now", &right), BODY, Some(bad_stamp.clone())),
            ("negative", headers("id-1", "-1", &right), BODY, Some(bad_stamp)),
            ("a long id", long, BODY, Some(Headers("webhook-id"))),
            ("no JSON", signed("{"), "{", Some(Body)),
            ("no object", signed("null"), "null", Some(Body)),
            ("a list", signed("[]"), "[]", Some(Body)),
        ] {
            assert_eq!(verify(&headers, body).err(), want, "{name}");
        }
    }

    #[test]
    fn events_are_read() {
        let stamp = NOW.to_string();
        let event = |body: &str| {
            let signed = headers("id-1", &stamp, &sign(SECRET, "id-1", &stamp, body));
            verify(&signed, body).expect(body)
        };
        let paid = event(BODY);
        assert_eq!(paid.id, "id-1");
        assert_eq!(paid.event_type.as_deref(), Some("Transaction.Paid"));
        assert_eq!(paid.payment_id.as_deref(), Some("p-1"));
        assert_eq!(paid.transaction_id.as_deref(), Some("t-1"));
        assert_eq!(paid.data["new"]["n"], 1);
        let old = event(r#"{"payment_id":"p-1","tx_id":"t-1","status":"Paid"}"#);
        assert_eq!(old.payment_id.as_deref(), Some("p-1"));
        assert_eq!((old.event_type, &old.data["status"]), (None, &"Paid".into()));
        let odd = event(r#"{"type":7,"data":"text"}"#);
        assert_eq!((odd.event_type, &odd.data["data"]), (None, &"text".into()));
    }

    #[test]
    fn secrets_are_checked_and_never_shown() {
        for (name, secrets) in [
            ("none", vec![]),
            ("empty", vec![""]),
            ("a prefix alone", vec!["whsec_"]),
            ("no base64", vec!["whsec_not base64!"]),
            ("one of two", vec![SECRET, ""]),
        ] {
            let error = Verifier::new(&secrets).expect_err(name);
            assert!(!error.to_string().contains("base64!"), "{name}");
        }
        let verifier = Verifier::new([SECRET]).expect("it is a secret");
        assert_eq!(format!("{verifier:?}"), "Verifier([redacted])");
    }
}
