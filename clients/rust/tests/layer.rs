//! The layer over a service that answers whatever a hostile or broken peer could.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use portone_gateway::{
    AskAgain, Credentials, Error, Options,
    tonic::{self, body::Body},
    v2::{self, payment_service_client::PaymentServiceClient},
    with_key,
};
use prost::Message;

/// One answer: HTTP's code, headers, bytes of the body, trailers.
#[derive(Clone, Default)]
struct Answer {
    code: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    trailers: Vec<(&'static str, &'static str)>,
}

/// Gives answers in order, the last one for ever, and keeps the headers of requests.
#[derive(Clone)]
struct Peer {
    answers: Arc<Mutex<Vec<Answer>>>,
    seen: Arc<Mutex<Vec<HeaderMap>>>,
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, http::HeaderValue::from_static(value));
    }
    map
}

impl tower_service::Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.seen.lock().expect("no panic").push(request.headers().clone());
        let mut answers = self.answers.lock().expect("no panic");
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        let trailers = (!answer.trailers.is_empty()).then(|| Ok(map(&answer.trailers)));
        let body = Full::from(answer.body).with_trailers(ready(trailers));
        let mut response = Response::new(Body::new(body));
        *response.status_mut() = answer.code.max(200).try_into().expect("a code");
        *response.headers_mut() = map(&answer.headers);
        ready(Ok(response))
    }
}

fn peer(answers: impl Into<Vec<Answer>>) -> Peer {
    Peer { answers: Arc::new(Mutex::new(answers.into())), seen: Arc::default() }
}

fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a short message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

fn good() -> Answer {
    let body = frame(&v2::CancelPaymentResponse::default().encode_to_vec());
    Answer { body, trailers: vec![("grpc-status", "0")], ..Answer::default() }
}

fn stub(peer: &Peer, ask_again_for: Duration) -> PaymentServiceClient<AskAgain<Peer>> {
    let options = Options { ask_again_for, ..Options::default() };
    PaymentServiceClient::new(AskAgain::new(peer.clone(), options))
}

fn refund() -> v2::CancelPaymentRequest {
    v2::CancelPaymentRequest { payment_id: "p-1".into(), ..Default::default() }
}

/// What of an answer makes a mutation's outcome unknown.
fn broken() -> Vec<(&'static str, Answer)> {
    let ok = ("grpc-status", "0");
    let trailers = |body: Vec<u8>, trailers| Answer { body, trailers, ..Answer::default() };
    let of_code = |code| Answer { code, body: b"<html>".to_vec(), ..Answer::default() };
    let headers = |headers| Answer { headers, ..Answer::default() };
    let details = ("grpc-status-details-bin", "!no base64!");
    vec![
        ("no trailers", trailers(good().body, vec![])),
        ("no status", trailers(good().body, vec![("x", "y")])),
        ("no message", trailers(vec![], vec![ok])),
        ("half a prefix", trailers(vec![0, 0, 0], vec![ok])),
        ("half a message", trailers(frame(b"1234")[..7].to_vec(), vec![ok])),
        ("two messages", trailers([good().body, good().body].concat(), vec![ok])),
        ("no protobuf", trailers(frame(b"\xff\xff\xff"), vec![ok])),
        ("a length without end", trailers(vec![0, 255, 255, 255, 255], vec![ok])),
        ("OK in headers", headers(vec![ok])),
        ("HTTP 502", of_code(502)),
        ("HTTP 400", of_code(400)),
        ("HTTP 200 of a page", of_code(200)),
        ("details in headers", headers(vec![("grpc-status", "13"), details])),
        ("details in trailers", trailers(good().body, vec![("grpc-status", "13"), details])),
        ("a code from tomorrow", headers(vec![("grpc-status", "99")])),
    ]
}

#[tokio::test]
async fn a_broken_answer_leaves_the_outcome_unknown() {
    for (name, answer) in broken() {
        let request = with_key("key-of-the-layer-1", refund());
        let result = stub(&peer([answer]), Duration::ZERO).cancel_payment(request).await;
        let error = Error::from(result.expect_err(name));
        assert!(matches!(error, Error::OutcomeUnknown(_)), "{name}: {error:?}");
        assert_eq!(error.idempotency_key, "key-of-the-layer-1", "{name}");
    }
}

#[tokio::test]
async fn a_broken_answer_is_asked_for_again_with_the_same_key() {
    for (name, answer) in broken() {
        if name == "no protobuf" {
            continue; // the stub finds that out, above the layer
        }
        let peer = peer([answer.clone(), answer, good()]);
        let answer = stub(&peer, Duration::from_secs(10)).cancel_payment(refund()).await;
        let answer = answer.unwrap_or_else(|e| panic!("{name}: {e}"));
        let seen = peer.seen.lock().expect("no panic");
        let keys: Vec<_> = seen.iter().map(|headers| headers["idempotency-key"].clone()).collect();
        assert_eq!(keys.len(), 3, "{name}");
        assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 26), "{name}");
        assert_eq!(answer.metadata().get("idempotency-key").expect("the key"), keys[0].as_bytes());
    }
}

#[tokio::test]
async fn broken_details_beside_an_answer_do_no_harm() {
    let mut answer = good();
    answer.trailers.push(("grpc-status-details-bin", "!no base64!"));
    stub(&peer([answer]), Duration::ZERO).cancel_payment(refund()).await.expect("an answer");
}

#[tokio::test]
async fn what_is_no_key_is_not_sent() {
    let long = "k".repeat(257);
    for key in ["short", "", &long, "not ASCII: é and more", "line\nbreak and more"] {
        let peer = peer([good()]);
        let result = stub(&peer, Duration::ZERO).cancel_payment(with_key(key, refund())).await;
        let error = Error::from(result.expect_err(key));
        assert_eq!(error.code, tonic::Code::InvalidArgument, "{key}");
        assert!(!error.outcome_unknown && !error.asks_again(), "{key}");
        assert!(peer.seen.lock().expect("no panic").is_empty(), "{key}");
    }
    let mut twice = with_key("key-of-the-layer-1", refund());
    twice.metadata_mut().append("idempotency-key", "key-of-the-layer-2".parse().expect("a value"));
    let peer = peer([good()]);
    let error = stub(&peer, Duration::ZERO).cancel_payment(twice).await.expect_err("two keys");
    assert_eq!(error.code(), tonic::Code::InvalidArgument);
    assert!(peer.seen.lock().expect("no panic").is_empty());
}

#[tokio::test]
async fn reads_have_no_key_and_credentials_are_asked_for_each_attempt() {
    let broken = Answer { code: 503, ..Answer::default() };
    let payment = Answer { body: frame(b""), ..good() };
    let peer = peer([broken, payment]);
    let count = Arc::new(Mutex::new(0));
    let credentials = Credentials::token(move || {
        let mut count = count.lock().expect("no panic");
        *count += 1;
        Ok::<_, Infallible>(format!("token-{count}"))
    });
    let layer = AskAgain::new(peer.clone(), Options::default()).with_credentials(credentials);
    let request = v2::GetPaymentRequest { payment_id: "p-1".into(), ..Default::default() };
    PaymentServiceClient::new(layer).get_payment(request).await.expect("a payment");
    let seen = peer.seen.lock().expect("no panic");
    let tokens: Vec<_> = seen.iter().map(|headers| headers["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2"]);
    assert!(seen.iter().all(|headers| !headers.contains_key("idempotency-key")));
    assert!(seen.iter().all(|headers| headers.contains_key("grpc-timeout")));
}

#[tokio::test]
async fn a_token_that_is_missing_after_an_open_attempt_leaves_the_outcome_unknown() {
    let peer = peer([Answer { code: 502, ..Answer::default() }]);
    let tokens = Mutex::new(vec!["the-first"]);
    let credentials = Credentials::token(move || {
        tokens.lock().expect("no panic").pop().map(str::to_owned).ok_or("no more tokens")
    });
    let layer = AskAgain::new(peer, Options::default()).with_credentials(credentials);
    let status = PaymentServiceClient::new(layer).cancel_payment(refund()).await;
    let error = Error::from(status.expect_err("it fails"));
    assert!(matches!(error, Error::OutcomeUnknown(_)), "{error:?}");
    assert_eq!((error.code, error.idempotency_key.len()), (tonic::Code::Unauthenticated, 26));
}

#[tokio::test]
async fn other_contracts_are_left_alone() {
    use tower_service::Service;
    let peer = peer([good()]);
    let mut layer = AskAgain::new(peer.clone(), Options::default());
    let request = Request::post("http://gateway/other.v1.Service/Pay").body(Body::empty());
    let answer = layer.call(request.expect("a request")).await.expect("an answer");
    assert!(!answer.headers().contains_key("idempotency-key"));
    assert!(peer.seen.lock().expect("no panic")[0].is_empty());
    assert!(answer.into_body().collect().await.is_ok());
}
