//! `rules.json` as Rust: constants, and functions that are nothing but a match.

use std::{error::Error, fmt::Write};

use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The text of `rules.rs`.
pub fn text(rules: &Value) -> Result<String> {
    let mut out = format!("{}use tonic::Code;\n\nuse crate::Retry;\n\n", crate::HEAD);
    for (name, value) in constants() {
        let found = at(rules, value)?;
        match found {
            Value::String(text) => writeln!(out, "pub(crate) const {name}: &str = {text:?};")?,
            number => writeln!(out, "pub(crate) const {name}: u64 = {number};")?,
        }
    }
    let retry = &rules["retry"];
    for table in ["withoutErrorInfo", "portoneCodes", "gatewayCodes"] {
        out += &by_code(table, object(retry, table)?)?;
    }
    out += &by_reason(object(retry, "gatewayReasons")?)?;
    for table in ["nextSteps", "nextStepsInsteadOfNever"] {
        out += &by_step(table, object(retry, table)?)?;
    }
    for set in ["outcomeUnknown", "knownGatewayReasons", "againWithRetryInfo"] {
        out += &set_of_reasons(set, array(retry, set)?)?;
    }
    for set in ["outcomeUnknownCodes", "portoneCodesThatTellNoOutcome"] {
        out += &set_of_codes(set, array(retry, set)?)?;
    }
    Ok(out)
}

/// Names of constants, and where their values are in the rules.
fn constants() -> [(&'static str, &'static str); 21] {
    [
        ("DOMAIN_PORTONE", "/domains/portone"),
        ("DOMAIN_GATEWAY", "/domains/gateway"),
        ("ERROR_INFO", "/details/errorInfo"),
        ("RETRY_INFO", "/details/retryInfo"),
        ("LOCALIZED_MESSAGE", "/details/localizedMessage"),
        ("PORTONE_ERROR", "/details/portoneError"),
        ("INFO_OPERATION", "/details/errorInfoMetadata/operation"),
        ("INFO_KEY", "/details/errorInfoMetadata/idempotencyKey"),
        ("INFO_TRUNCATED", "/details/errorInfoMetadata/truncated"),
        ("AUTHORIZATION", "/callMetadata/authorization"),
        ("IDEMPOTENCY_KEY", "/callMetadata/idempotencyKey"),
        ("REQUEST_ID", "/callMetadata/requestId"),
        ("ASK_AGAIN_FOR_MS", "/asking/askAgainForMs"),
        ("ATTEMPT_MS", "/asking/attemptMs"),
        ("FIRST_WAIT_MS", "/asking/firstWaitMs"),
        ("LONGEST_WAIT_MS", "/asking/longestWaitMs"),
        ("LEAST_LEFT_MS", "/asking/leastLeftMs"),
        ("MAX_RETRY_INFO_MS", "/asking/maxRetryInfoMs"),
        ("MAX_REACH", "/pages/maxReach"),
        ("DEFAULT_SIZE", "/pages/defaultSize"),
        ("KEY_ALPHABET", "/idempotencyKey/newAlphabet"),
    ]
}

fn by_code(table: &str, rows: &Map<String, Value>) -> Result<String> {
    let mut out = head(table, "code: Code, mutation: bool", "Retry");
    writeln!(out, "    match (code, mutation) {{")?;
    for (code, row) in rows {
        for (kind, mutation) in [("mutation", true), ("read", false)] {
            let (code, advice) = (camel(code), advice(&row[kind])?);
            writeln!(out, "        (Code::{code}, {mutation}) => Retry::{advice},")?;
        }
    }
    Ok(out + "        (Code::Ok, _) => Retry::Never,\n    }\n}\n")
}

fn by_reason(rows: &Map<String, Value>) -> Result<String> {
    let mut out = head("gatewayReasons", "reason: &str, mutation: bool", "Option<Retry>");
    writeln!(out, "    match (reason, mutation) {{")?;
    for (reason, row) in rows {
        for (kind, mutation) in [("mutation", true), ("read", false)] {
            let advice = advice(&row[kind])?;
            writeln!(out, "        ({reason:?}, {mutation}) => Some(Retry::{advice}),")?;
        }
    }
    Ok(out + "        _ => None,\n    }\n}\n")
}

fn by_step(table: &str, rows: &Map<String, Value>) -> Result<String> {
    let mut out = head(table, "step: crate::v2::DeclineNextStep", "Option<Retry>");
    writeln!(out, "    match step {{")?;
    for (step, value) in rows {
        let (step, advice) = (camel(step), advice(value)?);
        writeln!(out, "        crate::v2::DeclineNextStep::{step} => Some(Retry::{advice}),")?;
    }
    Ok(out + "        _ => None,\n    }\n}\n")
}

fn set_of_reasons(set: &str, names: &[Value]) -> Result<String> {
    let names: Vec<String> = names.iter().map(Value::to_string).collect();
    let body = format!("    matches!(reason, {})\n}}\n", names.join(" | "));
    Ok(head(set, "reason: &str", "bool") + &body)
}

fn set_of_codes(set: &str, names: &[Value]) -> Result<String> {
    let names: Vec<String> =
        names.iter().map(|n| format!("Code::{}", camel(n.as_str().unwrap_or_default()))).collect();
    let body = format!("    matches!(code, {})\n}}\n", names.join(" | "));
    Ok(head(set, "code: Code", "bool") + &body)
}

fn head(table: &str, arguments: &str, answer: &str) -> String {
    format!("\n/// `retry.{table}`.\npub(crate) fn {}({arguments}) -> {answer} {{\n", snake(table))
}

fn advice(value: &Value) -> Result<String> {
    let text = value.as_str().ok_or("an advice is no text")?;
    Ok(camel(&text.to_uppercase()))
}

fn at<'a>(rules: &'a Value, path: &str) -> Result<&'a Value> {
    rules.pointer(path).ok_or_else(|| format!("rules.json has no {path}").into())
}

fn object<'a>(value: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    value[name].as_object().ok_or_else(|| format!("rules.json has no object {name}").into())
}

fn array<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value[name].as_array().ok_or_else(|| format!("rules.json has no list {name}").into())
}

/// DeadlineExceeded for DEADLINE_EXCEEDED.
pub fn camel(text: &str) -> String {
    text.split('_').map(|word| word[..1].to_owned() + &word[1..].to_lowercase()).collect()
}

/// get_payments for GetPayments.
pub fn snake(text: &str) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
