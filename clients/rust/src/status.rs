//! From a gRPC status to what is known of a failed call.

use std::{sync::Arc, time::Duration};

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderMap;
use prost::Message;
use tonic::{Code, Status};
use tonic_types::pb;

use crate::{
    error::{Domain, Failure, Retry},
    generated::rules,
    v2,
};

/// What the client knows of a call.
pub(crate) enum Sent {
    /// It did not leave the program.
    Nothing,
    Read,
    Mutation {
        key: String,
    },
}

/// The failure that a status brings from [`crate::call`], or what it says by itself.
pub(crate) fn failure_of(status: &Status) -> Failure {
    let source = std::error::Error::source(status);
    if let Some(failure) = source.and_then(|s| s.downcast_ref::<Failure>()) {
        return failure.clone();
    }
    // An answer that could not be decoded: tonic adds the metadata of the answer.
    let key = status.metadata().get(rules::IDEMPOTENCY_KEY).and_then(|v| v.to_str().ok());
    read(status, &key.map_or(Sent::Read, |key| Sent::Mutation { key: key.to_owned() }))
}

/// What a status says, and what to do.
pub(crate) fn read(status: &Status, sent: &Sent) -> Failure {
    let mut failure = Failure {
        code: status.code(),
        message: status.message().to_owned(),
        localized_message: String::new(),
        error_type: String::new(),
        reason: v2::ErrorReason::Unspecified,
        gateway_reason: v2::GatewayReason::Unspecified,
        operation: String::new(),
        idempotency_key: String::new(),
        request_id: String::new(),
        retry_after: None,
        truncated: false,
        detail: None,
        retry: Retry::Never,
        outcome_unknown: false,
        domain: Domain::Neither,
        cause: Some(Arc::new(status.clone())),
    };
    if let Some(id) = status.metadata().get(rules::REQUEST_ID) {
        failure.request_id = id.to_str().unwrap_or_default().to_owned();
    }
    read_details(&mut failure, status.details());
    judge(&mut failure, sent);
    failure
}

/// Details that cannot be read are as good as none.
fn read_details(failure: &mut Failure, details: &[u8]) {
    for any in pb::Status::decode(details).unwrap_or_default().details {
        let name = any.type_url.rsplit('/').next().unwrap_or_default();
        let bytes = any.value.as_slice();
        match name {
            rules::ERROR_INFO => read_info(failure, bytes),
            rules::RETRY_INFO => failure.retry_after = wait_of(bytes),
            rules::LOCALIZED_MESSAGE => {
                let text = pb::LocalizedMessage::decode(bytes).unwrap_or_default();
                failure.localized_message = text.message;
            }
            rules::PORTONE_ERROR => {
                if let Ok(detail) = v2::PortOneError::decode(bytes) {
                    failure.reason = detail.reason();
                    failure.detail = Some(Box::new(detail));
                }
            }
            _ => {}
        }
    }
}

/// Reads the ErrorInfo of one of our two domains; meshes add others.
fn read_info(failure: &mut Failure, bytes: &[u8]) {
    let Ok(mut info) = pb::ErrorInfo::decode(bytes) else { return };
    failure.domain = match info.domain.as_str() {
        rules::DOMAIN_PORTONE => Domain::Portone,
        rules::DOMAIN_GATEWAY => Domain::Gateway,
        _ => return,
    };
    failure.operation = info.metadata.remove(rules::INFO_OPERATION).unwrap_or_default();
    failure.idempotency_key = info.metadata.remove(rules::INFO_KEY).unwrap_or_default();
    failure.truncated = info.metadata.get(rules::INFO_TRUNCATED).is_some_and(|v| !v.is_empty());
    if failure.domain == Domain::Gateway {
        let name = format!("GATEWAY_REASON_{}", info.reason);
        failure.gateway_reason = v2::GatewayReason::from_str_name(&name).unwrap_or_default();
    }
    failure.error_type = info.reason;
}

/// The wait of a RetryInfo; none if there is nothing to wait.
fn wait_of(bytes: &[u8]) -> Option<Duration> {
    let delay = pb::RetryInfo::decode(bytes).ok()?.retry_delay?;
    let most = Duration::from_millis(rules::MAX_RETRY_INFO_MS);
    let wait = Duration::try_from(delay).ok()?.min(most); // an error for what is negative
    (!wait.is_zero()).then_some(wait)
}

/// Says what to do about a failure.
fn judge(failure: &mut Failure, sent: &Sent) {
    let mutation = match sent {
        Sent::Nothing => return,
        Sent::Read => !failure.idempotency_key.is_empty(),
        Sent::Mutation { key } => {
            if failure.idempotency_key.is_empty() {
                failure.idempotency_key.clone_from(key);
            }
            true
        }
    };
    failure.retry = advise(failure, mutation);
    failure.outcome_unknown = mutation
        && match failure.domain {
            Domain::Portone => false,
            Domain::Gateway => leaves_unknown(failure),
            Domain::Neither => failure.retry == Retry::Same,
        };
}

/// The algorithm of clients/DESIGN.md.
fn advise(failure: &Failure, mutation: bool) -> Retry {
    let step = failure.decline().map(v2::PgDecline::next_step).unwrap_or_default();
    let advice = match failure.domain {
        Domain::Neither => return rules::without_error_info(failure.code, mutation),
        Domain::Portone => match rules::next_steps(step) {
            Some(advice) if mutation => return advice,
            _ => rules::portone_codes(failure.code, mutation),
        },
        Domain::Gateway if mutation && leaves_unknown(failure) => return Retry::Same,
        Domain::Gateway => rules::gateway_reasons(&failure.error_type, mutation)
            .unwrap_or_else(|| rules::gateway_codes(failure.code, mutation)),
    };
    match advice {
        Retry::Never => rules::next_steps_instead_of_never(step).unwrap_or(Retry::Never),
        other => other,
    }
}

/// Whether an error of the gateway's own says that PortOne may have carried the mutation
/// out.
fn leaves_unknown(failure: &Failure) -> bool {
    rules::outcome_unknown(&failure.error_type)
        || (!rules::known_gateway_reasons(&failure.error_type)
            && rules::outcome_unknown_codes(failure.code))
}

/// The status in headers or trailers. Details that are no base64 are taken out of them
/// first: tonic panics over those.
pub(crate) fn take_from(headers: &mut HeaderMap) -> Option<Status> {
    let details = headers.get(Status::GRPC_STATUS_DETAILS);
    if details.is_some_and(|text| AS_TONIC.decode(text.as_bytes()).is_err()) {
        headers.remove(Status::GRPC_STATUS_DETAILS);
    }
    Status::from_header_map(headers)
}

/// Base64 with or without padding.
const AS_TONIC: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The code as gRPC writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
