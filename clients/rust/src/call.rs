//! The layer below every stub: the key of a mutation, deadlines, asking again, errors.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, request::Parts};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use tokio::time::Instant;
use tonic::{Status, body::Body};
use tower_service::Service;

use crate::{
    ask::{Asking, timeout_of, timeout_text},
    credentials::Credentials,
    error::Failure,
    exchange::{BoxError, exchange, ready},
    generated::{methods, rules},
    key,
    status::{self, Sent},
};

const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const KEY: HeaderName = HeaderName::from_static(rules::IDEMPOTENCY_KEY);
const AUTHORIZATION: HeaderName = HeaderName::from_static(rules::AUTHORIZATION);

/// What stubs of a [`Client`](crate::Client) call by.
pub type Channel = AskAgain<tonic::transport::Channel>;

/// How a client asks.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// For how long a call is made again after its first failure; zero: not at all.
    /// Default: a minute.
    pub ask_again_for: Duration,
    /// How long one attempt may take. Default: 75 seconds; the gateway waits 60 for PortOne.
    pub attempt_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ask_again_for: Duration::from_millis(rules::ASK_AGAIN_FOR_MS),
            attempt_timeout: Duration::from_millis(rules::ATTEMPT_MS),
        }
    }
}

/// A service of tower's that gives mutations their key and makes calls again, over another
/// service that makes them once. A [`Client`](crate::Client) has one; make one yourself to
/// put layers of your own below.
///
/// It leaves the RPCs of other contracts as they are.
#[derive(Clone)]
pub struct AskAgain<S> {
    inner: S,
    options: Options,
    credentials: Option<Arc<Credentials>>,
}

/// What an RPC does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Mutation,
    Read,
    Stream,
}

impl<S> AskAgain<S> {
    /// Asks again over a service.
    pub fn new(inner: S, options: Options) -> Self {
        Self { inner, options, credentials: None }
    }

    /// Says who calls, anew before each attempt.
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    fn authorize(&self, headers: &mut HeaderMap) -> Result<(), Status> {
        if let Some(credentials) = &self.credentials {
            headers.insert(AUTHORIZATION, credentials.authorization()?);
        }
        Ok(())
    }
}

impl<S> std::fmt::Debug for AskAgain<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskAgain").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<S> Service<Request<Body>> for AskAgain<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(())) // waiting for a connection is a part of an attempt
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        match methods::kind(request.uri().path()) {
            None => Box::pin(async move { once(service.inner, request).await }),
            Some(Kind::Stream) => Box::pin(service.stream(request)),
            Some(kind) => Box::pin(service.unary(kind == Kind::Mutation, request)),
        }
    }
}

/// One RPC without anything of ours.
async fn once<S>(mut service: S, request: Request<Body>) -> Result<Response<Body>, Status>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Error: Into<BoxError>,
{
    ready(&mut service).await?;
    service.call(request).await.map_err(|e| Status::from_error(e.into()))
}

impl<S> AskAgain<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    /// A file in pieces, which is not asked for again, since a part may have arrived.
    async fn stream(self, mut request: Request<Body>) -> Result<Response<Body>, Status> {
        self.authorize(request.headers_mut())?;
        let (mut head, body) = once(self.inner, request).await?.into_parts();
        status::take_from(&mut head.headers);
        let body = body.map_frame(|frame| match frame.into_trailers() {
            Ok(mut trailers) => {
                status::take_from(&mut trailers);
                Frame::trailers(trailers)
            }
            Err(piece) => piece,
        });
        Ok(Response::from_parts(head, Body::new(body)))
    }

    async fn unary(self, mutation: bool, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (mut head, body) = request.into_parts();
        let deadline = take_deadline(&mut head.headers);
        let sent = match mutation {
            true => Sent::Mutation { key: keyed(&mut head.headers).map_err(not_sent)? },
            false => Sent::Read,
        };
        let message = body.collect().await.map_err(not_sent)?.to_bytes();
        let used = mutation.then(|| head.headers.get(KEY).cloned()).flatten();
        let mut asking = Asking::new(&self.options, sent, deadline);
        loop {
            let failure = match self.attempt(&head, &message, asking.end()).await {
                Ok(mut answer) => {
                    if let Some(key) = used {
                        answer.headers_mut().insert(KEY, key);
                    }
                    return Ok(answer);
                }
                Err(status) => asking.failed(&status),
            };
            match failure {
                (_, Some(wait)) => tokio::time::sleep(wait).await,
                (failure, None) => return Err(status_with(failure)),
            }
        }
    }

    /// One RPC. A status that is made on this side after the end is that of the end.
    async fn attempt(
        &self,
        head: &Parts,
        message: &Bytes,
        end: Instant,
    ) -> Result<Response<Body>, Status> {
        let mut head = head.clone();
        self.authorize(&mut head.headers)?;
        let left = timeout_text(end.saturating_duration_since(Instant::now()));
        let left = HeaderValue::try_from(left).map_err(|e| Status::from_error(e.into()))?;
        head.headers.insert(TIMEOUT, left);
        let request = Request::from_parts(head, Body::new(Full::new(message.clone())));
        let late = || Status::deadline_exceeded("no answer came in time");
        match tokio::time::timeout_at(end, exchange(self.inner.clone(), request)).await {
            Ok(Err(ours)) if ours.is_local && Instant::now() >= end => Err(late()),
            Ok(Err(failed)) => Err(failed.status),
            Ok(Ok(answer)) => Ok(answer),
            Err(_) => Err(late()),
        }
    }
}

/// When the caller wants the call to end.
fn take_deadline(headers: &mut HeaderMap) -> Option<Instant> {
    let timeout = timeout_of(headers.remove(TIMEOUT)?.to_str().ok()?)?;
    Instant::now().checked_add(timeout)
}

/// The key of a mutation, which gets one if it has none.
fn keyed(headers: &mut HeaderMap) -> Result<String, Status> {
    let mut given = headers.get_all(KEY).iter();
    match (given.next(), given.next()) {
        (None, _) => {
            let key = key::random_key().map_err(|_| Status::internal("no random numbers"))?;
            let value = HeaderValue::try_from(&key).map_err(|e| Status::from_error(e.into()))?;
            headers.insert(KEY, value);
            Ok(key)
        }
        (Some(one), None) => key::checked(one.as_bytes()),
        _ => Err(Status::invalid_argument("idempotency-key is given more than once")),
    }
}

/// The status of a call that did not leave the program.
fn not_sent(status: Status) -> Status {
    status_with(status::read(&status, &Sent::Nothing))
}

/// The status that brings a failure through tonic's stubs to whoever makes an
/// [`Error`](crate::Error) of it.
fn status_with(failure: Failure) -> Status {
    let cause = failure.cause.clone();
    let mut status = match cause {
        Some(cause) => Status::clone(&cause),
        None => Status::new(failure.code, failure.message.clone()),
    };
    status.set_source(Arc::new(failure));
    status
}
