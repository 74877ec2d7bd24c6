//! One RPC with one answer, of which everything is read before it counts as one.

use std::future::poll_fn;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tonic::{Code, Status, body::Body};
use tower_service::Service;

use crate::{MAX_ANSWER, generated::rules, status};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// Why there is no answer.
pub(crate) struct Failed {
    pub(crate) status: Status,
    /// The status is of this side: the other one sent none.
    pub(crate) is_local: bool,
}

impl Failed {
    fn local(status: Status) -> Self {
        Self { status, is_local: true }
    }
}

/// Waits until a service takes a call.
pub(crate) async fn ready<S>(service: &mut S) -> Result<(), Status>
where
    S: Service<Request<Body>>,
    S::Error: Into<BoxError>,
{
    poll_fn(|cx| service.poll_ready(cx)).await.map_err(|e| Status::from_error(e.into()))
}

pub(crate) async fn exchange<S>(
    mut service: S,
    request: Request<Body>,
) -> Result<Response<Body>, Failed>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Error: Into<BoxError>,
{
    ready(&mut service).await.map_err(Failed::local)?;
    let answer = service.call(request).await;
    let answer = answer.map_err(|e| Failed::local(Status::from_error(e.into())))?;
    let (mut head, body) = answer.into_parts();
    if let Some(status) = status::take_from(&mut head.headers) {
        return Err(spoken(status, &head.headers)); // with no message, also if it is OK
    }
    let read = Limited::new(body, MAX_ANSWER + PREFIX).collect().await;
    let read = read.map_err(|e| Failed::local(unreadable(e)))?;
    let mut trailers = read.trailers().cloned().unwrap_or_default();
    match status::take_from(&mut trailers) {
        Some(status) if status.code() == Code::Ok => {}
        Some(status) => return Err(spoken(status, &head.headers)),
        None => return Err(Failed::local(no_status(head.status))),
    }
    let message = read.to_bytes();
    if !is_one_message(&message) {
        return Err(Failed::local(Status::internal("the answer is not one message")));
    }
    let trailers = async move { Some(Ok(trailers)) };
    Ok(Response::from_parts(head, Body::new(Full::new(message).with_trailers(Box::pin(trailers)))))
}

/// A status that was sent, with the request id wherever it stands.
fn spoken(mut status: Status, headers: &HeaderMap) -> Failed {
    if status.code() == Code::Ok {
        return Failed::local(Status::internal("the answer has no message"));
    }
    let id = headers.get(rules::REQUEST_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    if let (Some(id), None) = (id, status.metadata().get(rules::REQUEST_ID)) {
        status.metadata_mut().insert(rules::REQUEST_ID, id);
    }
    Failed { status, is_local: false }
}

fn unreadable(error: BoxError) -> Status {
    if error.is::<LengthLimitError>() {
        return Status::resource_exhausted(format!("the answer is larger than {MAX_ANSWER} bytes"));
    }
    Status::from_error(error)
}

/// The status of an answer without one, by gRPC's table of HTTP's codes.
fn no_status(code: StatusCode) -> Status {
    let grpc = match code.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Status::new(grpc, format!("an answer of HTTP {} without a gRPC status", code.as_u16()))
}

/// Whether bytes are one whole message, with its prefix.
fn is_one_message(bytes: &Bytes) -> bool {
    match bytes.as_ref() {
        [_, a, b, c, d, message @ ..] => {
            u32::from_be_bytes([*a, *b, *c, *d]) as usize == message.len()
        }
        _ => false,
    }
}
