//! Takes every failed call of clients/vectors.json.

use base64::{Engine, prelude::BASE64_STANDARD};
use portone_gateway::{
    Error, Retry,
    tonic::{Code, Status, metadata::MetadataMap},
    v2,
};
use serde_json::{Map, Value, json};

const KEY: &str = "key-of-the-vectors-1";

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors.json");
    let text = std::fs::read_to_string(path).expect("vectors.json is there");
    let all: Value = serde_json::from_str(&text).expect("it is JSON");
    all["cases"].as_array().expect("it has cases").clone()
}

fn code(name: &str) -> Code {
    let codes = (0..=16).map(Code::from);
    let mut named = codes.filter(|c| format!("{c:?}").eq_ignore_ascii_case(&name.replace('_', "")));
    named.next().unwrap_or_else(|| panic!("no code {name}"))
}

fn failed(case: &Value) -> Error {
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let mut metadata = MetadataMap::new();
    if case["mutation"] == true {
        metadata.insert("idempotency-key", KEY.parse().expect("a value"));
    }
    metadata.insert("x-request-id", "request-1".parse().expect("a value"));
    let details = BASE64_STANDARD.decode(text("status")).expect("base64");
    let code = code(text("code"));
    Status::with_details_and_metadata(code, text("message"), details.into(), metadata).into()
}

fn retry(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "never",
        Retry::Same => "same",
        Retry::Later => "later",
        Retry::CheckFirst => "check_first",
        other => panic!("{other:?}"),
    }
}

/// The full name of the message of an error's data: tests only know the case's.
fn data_name(data: &v2::port_one_error::Data) -> String {
    let text = format!("{data:?}"); // Case(Message { ... })
    let message = text.split(['(', ' ']).nth(1).unwrap_or_default();
    format!("portone.v2.{message}")
}

fn taken(e: &Error) -> Value {
    let bare =
        |name: &str, prefix: &str| name.trim_start_matches(prefix).replace("UNSPECIFIED", "");
    let decline = e.decline();
    let all = json!({
        "type": e.error_type,
        "reason": bare(e.reason.as_str_name(), "ERROR_REASON_"),
        "gatewayReason": bare(e.gateway_reason.as_str_name(), "GATEWAY_REASON_"),
        "operation": e.operation,
        "idempotencyKey": e.idempotency_key,
        "retryAfterMs": e.retry_after.map_or(0, |wait| wait.as_millis() as u64),
        "truncated": e.truncated,
        "decline": bare(decline.map_or("", |d| d.reason().as_str_name()), "DECLINE_REASON_"),
        "nextStep": bare(decline.map_or("", |d| d.next_step().as_str_name()), "DECLINE_NEXT_STEP_"),
        "data": e.data().map(data_name).unwrap_or_default(),
        "localizedMessage": e.localized_message,
        "outcomeUnknown": e.outcome_unknown,
        "outcomeUnclear": e.outcome_unclear(),
        "retry": retry(e.retry),
    });
    let zero = |v: &Value| *v == json!("") || *v == json!(0) || *v == json!(false);
    let mut set: Map<String, Value> =
        all.as_object().expect("an object").clone().into_iter().filter(|(_, v)| !zero(v)).collect();
    set.insert("asksAgain".into(), e.asks_again().into());
    set.into()
}

#[test]
fn every_vector_is_taken_right() {
    let cases = cases();
    assert!(cases.len() >= 100, "only {} vectors", cases.len());
    for case in &cases {
        let e = failed(case);
        assert_eq!(taken(&e), case["want"], "{}", case["name"]);
        assert_eq!(e.message, case["message"], "{}", case["name"]);
        for text in [e.to_string(), format!("{e:?}")] {
            assert!(text.starts_with(case["code"].as_str().unwrap_or_default()), "{text}");
            assert!(!text.contains("key-of") && !text.contains("payment-1"), "{text}");
        }
        let kind = matches!(e, Error::OutcomeUnknown(_));
        assert_eq!(kind, case["want"]["outcomeUnknown"] == true, "{}", case["name"]);
    }
}

#[test]
fn details_that_cannot_be_read_are_none() {
    for details in [&b"\xff"[..], b"\x08\x02\x1a\x03\x0a\x01\xff", b"", b"text"] {
        let mut metadata = MetadataMap::new();
        metadata.insert("idempotency-key", KEY.parse().expect("a value"));
        let details = details.to_vec().into();
        let status = Status::with_details_and_metadata(Code::Internal, "x", details, metadata);
        let e = Error::from(status);
        assert!(matches!(e, Error::OutcomeUnknown(_)));
        assert_eq!((e.idempotency_key.as_str(), e.error_type.as_str()), (KEY, ""));
    }
}
