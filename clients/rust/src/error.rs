//! Failed calls.

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use tonic::{Code, Status};

use crate::{generated::rules, status, v2};

/// What to do about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// The same request fails again.
    Never,
    /// Repeat the same request, a mutation with the same idempotency key.
    Same,
    /// It may succeed later, as a new request: a limit or an outage has to pass first.
    Later,
    /// Read what became of it, and go by that.
    CheckFirst,
}

/// A failed call, by what to do. Each has a [`Failure`], whose fields an `Error` has, too.
///
/// `?` makes one of the [`Status`] that a stub returns. The text has no ids, keys or data.
#[derive(Clone)]
#[non_exhaustive]
pub enum Error {
    /// PortOne may have carried the mutation out. Ask again later: the same request with
    /// the failure's `idempotency_key`, never with another key.
    OutcomeUnknown(Box<Failure>),
    /// PortOne has answered, and does not know what became of it at the PG. Read the
    /// payment, and go by its status.
    OutcomeUnclear(Box<Failure>),
    /// The PG or card company said no; [`Failure::decline`] says why and what to do, where
    /// the PG's codes are known.
    Declined(Box<Failure>),
    /// A list goes on where PortOne gives no more by page: narrow the filter, or list by
    /// cursor.
    TooDeep(Box<Failure>),
    /// Anything else.
    Failed(Box<Failure>),
}

/// What is known of a failed call.
#[derive(Clone)]
#[non_exhaustive]
pub struct Failure {
    /// The gRPC code.
    pub code: Code,
    /// The status's text, in English.
    pub message: String,
    /// The text in the language of the call's `accept-language`: for staff, not for buyers.
    /// Empty if the gateway did not speak.
    pub localized_message: String,
    /// PortOne's type as it was sent, such as `PAYMENT_NOT_FOUND`, or the gateway's reason,
    /// such as `OUTCOME_UNKNOWN`. Empty if the error is of neither, such as a connection
    /// that broke.
    pub error_type: String,
    /// PortOne's type as an enum; `Unspecified` for one that this crate does not know, or
    /// that is not PortOne's.
    pub reason: v2::ErrorReason,
    /// The gateway's reason as an enum; `Unspecified` if the error is not the gateway's own.
    pub gateway_reason: v2::GatewayReason,
    /// PortOne's operationId; empty if the gateway did not speak.
    pub operation: String,
    /// The key that a mutation was sent with; empty for reads, and where nothing was sent.
    pub idempotency_key: String,
    /// Names the call in the gateway's log; empty if the gateway did not speak.
    pub request_id: String,
    /// How long to wait before trying again, if that is said; at most a minute.
    pub retry_after: Option<Duration>,
    /// The details were cut to fit into trailers: lists and texts may be shorter than
    /// PortOne sent them.
    pub truncated: bool,
    /// PortOne's error with all that it sent, if the error is PortOne's.
    pub detail: Option<Box<v2::PortOneError>>,
    /// What to do.
    pub retry: Retry,
    /// PortOne may have carried the mutation out and has not said so. Repeat it with
    /// `idempotency_key`, never with another key.
    pub outcome_unknown: bool,
    pub(crate) domain: Domain,
    pub(crate) cause: Option<Arc<Status>>,
}

/// Who speaks of an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    Portone,
    Gateway,
    Neither,
}

impl Failure {
    /// PortOne has answered without knowing what became of it at the PG: read the payment,
    /// and go by that.
    pub fn outcome_unclear(&self) -> bool {
        self.retry == Retry::CheckFirst
    }

    /// What the PG's refusal means and what to do; none if there was no refusal, or its
    /// code is unknown.
    pub fn decline(&self) -> Option<&v2::PgDecline> {
        self.detail.as_ref()?.decline.as_ref()
    }

    /// The data of the error's type, if the type has any.
    pub fn data(&self) -> Option<&v2::port_one_error::Data> {
        self.detail.as_ref()?.data.as_ref()
    }

    /// Whether the client asks again by itself, time permitting.
    pub fn asks_again(&self) -> bool {
        self.retry == Retry::Same
            || (self.domain == Domain::Gateway
                && self.retry_after.is_some()
                && rules::again_with_retry_info(&self.error_type))
    }

    /// The status that tonic had. Its details and metadata are as they were received.
    pub fn status(&self) -> Option<&Status> {
        self.cause.as_deref()
    }

    /// Whether this says what came of an earlier attempt: an answer of PortOne's about the
    /// request. Who may call is looked at first.
    pub(crate) fn tells_outcome(&self) -> bool {
        self.domain == Domain::Portone && !rules::portone_codes_that_tell_no_outcome(self.code)
    }

    /// An earlier attempt of the mutation may have been carried out, and this does not say
    /// what came of that.
    pub(crate) fn stays_unknown(&mut self) {
        self.outcome_unknown = true;
        self.retry = Retry::Same;
    }

    /// A failure of this side, before anything was sent.
    pub(crate) fn local(code: Code, message: impl Into<String>) -> Self {
        status::read(&Status::new(code, message), &status::Sent::Nothing)
    }
}

impl Error {
    /// What is known of it.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::OutcomeUnknown(f)
            | Self::OutcomeUnclear(f)
            | Self::Declined(f)
            | Self::TooDeep(f)
            | Self::Failed(f) => f,
        }
    }
}

impl Deref for Error {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        self.failure()
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let declined = failure.reason == v2::ErrorReason::PgProvider || failure.decline().is_some();
        let failure = Box::new(failure);
        match failure.retry {
            _ if failure.outcome_unknown => Self::OutcomeUnknown(failure),
            Retry::CheckFirst => Self::OutcomeUnclear(failure),
            _ if declined => Self::Declined(failure),
            _ => Self::Failed(failure),
        }
    }
}

/// Of a status that a stub of a [`Client`](crate::Client) returned. Of one that comes from
/// elsewhere: it is a mutation's if it has an idempotency key.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        status::failure_of(&status).into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(status::code_name(self.code))?;
        for part in [&self.error_type, &self.operation] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        write!(f, ": {}", self.message)?;
        if !self.request_id.is_empty() {
            write!(f, " (request {})", self.request_id)?;
        }
        Ok(())
    }
}

/// Shows what Display does, and what to do: data and keys stay out of logs.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unknown = if self.outcome_unknown { ", outcome unknown" } else { "" };
        write!(f, "{self} [retry: {:?}{unknown}]", self.retry)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure().fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.failure(), f)
    }
}

// Neither has a source: the message of tonic's status is in the text already.
impl std::error::Error for Failure {}
impl std::error::Error for Error {}
