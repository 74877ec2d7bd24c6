//! The sandbox helper, webhooks from it, and what one call costs beside the bare stub.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use portone_gateway::{
    Client, Error,
    sandbox::{FAULT, Sandbox},
    tonic::{Request, transport::Endpoint},
    v2, with_key,
};

#[allow(dead_code)]
#[path = "../examples/refund.rs"]
mod refund;

#[tokio::test]
async fn the_refund_tool_refunds_once() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::new(&sandbox.target).expect("a client");
    client.payment().pay_instantly(pay("p-5")).await.expect("it is paid");
    let cancelled = || sandbox.counters().expect("counters")["payment.cancelled"];
    let before = cancelled(); // the demo has some
    let line = "r-1, p-5, 300, 1000, too small, and blue";
    for _ in 0..2 {
        let (text, done) = refund::refund(&client, line).await.expect("a line");
        assert!(done && text == "refunded", "{text}");
    }
    let again = line.replace("r-1", "r-2"); // as if PortOne had forgotten the key
    let (text, done) = refund::refund(&client, &again).await.expect("a line");
    assert!(done && text.starts_with("refused"), "{text}");
    assert_eq!(cancelled() - before, 1);
    for wrong in ["r-3, p-5, 300, 1000", "r-3, p-5, 3.5, 1000, x", ""] {
        assert!(refund::refund(&client, wrong).await.is_err(), "{wrong}");
    }
}

fn pay(id: &str) -> v2::PayInstantlyRequest {
    let card = v2::CardCredential {
        number: Some("4242424242424242".into()),
        expiry_year: Some("99".into()),
        expiry_month: Some("12".into()),
        ..Default::default()
    };
    let card = v2::InstantPaymentMethodInputCard { credential: Some(card), ..Default::default() };
    v2::PayInstantlyRequest {
        payment_id: id.into(),
        channel_key: Some("channel-key-sandbox".into()),
        order_name: Some("order".into()),
        currency: Some(v2::Currency::Krw.into()),
        amount: Some(v2::PaymentAmountInput { total: Some(1000), ..Default::default() }),
        method: Some(v2::InstantPaymentMethodInput { card: Some(card), ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_sandbox_counts_and_begins_anew() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::new(&sandbox.target).expect("a client");
    let before = sandbox.counters().expect("counters");
    let key = "key-of-the-sandbox-test";
    for _ in 0..2 {
        let answer = client.payment().pay_instantly(with_key(key, pay("p-1"))).await;
        let answer = answer.expect("it is paid");
        assert_eq!(answer.metadata().get("idempotency-key").expect("the key"), key);
    }
    let charged = |counters: &std::collections::BTreeMap<String, i64>| {
        counters.get("payment.charged").copied().unwrap_or(0)
    };
    let after = sandbox.counters().expect("counters");
    assert_eq!(charged(&after) - charged(&before), 1);
    sandbox.advance(Duration::from_secs(60)).expect("the clock moves");
    assert!(!sandbox.webhooks().expect("webhooks").is_null());
    sandbox.reset().expect("it begins anew");
    let request = v2::GetPaymentRequest { payment_id: "p-1".into(), ..Default::default() };
    let error = client.payment().get_payment(request).await.expect_err("it is gone");
    assert_eq!(Error::from(error).reason, v2::ErrorReason::PaymentNotFound);
}

#[tokio::test]
async fn a_fault_is_met_and_the_error_shows_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::new(&sandbox.target).expect("a client");
    let mut request = with_key("key-of-the-fault-test", pay("p-2"));
    request.metadata_mut().insert(FAULT, "pg=EXCEED_MAX_AMOUNT".parse().expect("a value"));
    let status = client.payment().pay_instantly(request).await.expect_err("it is declined");
    let error = Error::from(status);
    assert!(matches!(error, Error::Declined(_)), "{error}");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("key-of") && !text.contains("4242"), "{text}");
    }
}

#[cfg(feature = "webhook")]
#[tokio::test]
async fn webhooks_of_the_sandbox_are_verified() {
    let shop = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("--sandbox-webhook-url=http://{}/", shop.local_addr().expect("an address"));
    let sandbox = Sandbox::start_with(&[url]).expect("a sandbox");
    let client = Client::new(&sandbox.target).expect("a client");
    let received = std::thread::spawn(move || receive(&shop));
    client.payment().pay_instantly(pay("p-3")).await.expect("it is paid");
    let (headers, body) = received.join().expect("a webhook");
    let secret = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC1mb3ItdGVzdHM="; // the sandbox's own
    let verifier = portone_gateway::webhook::Verifier::new([secret]).expect("a secret");
    let event = verifier.verify(&headers, &body).expect("it is signed");
    assert_eq!(event.payment_id.as_deref(), Some("p-3"));
    assert!(event.event_type.expect("a type").starts_with("Transaction."));
}

/// Receives one request of HTTP/1.1, and answers it with 200.
#[cfg(feature = "webhook")]
fn receive(shop: &TcpListener) -> (http::HeaderMap, Vec<u8>) {
    let (mut stream, _) = shop.accept().expect("a connection");
    let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let n = stream.read(&mut chunk).expect("bytes");
        all.extend_from_slice(&chunk[..n]);
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let mut headers = http::HeaderMap::new();
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
            let name: http::HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        let length = headers["content-length"].to_str().expect("a text");
        let length: usize = length.parse().expect("a number");
        if all.len() >= end + 4 + length {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").expect("an answer");
            return (headers, all[end + 4..].to_vec());
        }
    }
}

/// `cargo test --release --features sandbox --test sandbox -- --ignored --nocapture`
#[tokio::test]
#[ignore = "measures"]
async fn overhead_beside_the_bare_stub() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let begun = Instant::now();
    let client = Client::new(&sandbox.target).expect("a client");
    let made = begun.elapsed();
    client.payment().pay_instantly(pay("p-4")).await.expect("it is paid");
    println!("client made in {made:?}, first answer after {:?}", begun.elapsed());
    let endpoint = Endpoint::from_shared(format!("http://{}", sandbox.target)).expect("an address");
    let mut bare = v2::payment_service_client::PaymentServiceClient::new(endpoint.connect_lazy());
    let mut own = client.payment();
    let get =
        || Request::new(v2::GetPaymentRequest { payment_id: "p-4".into(), ..Default::default() });
    let (mut of_bare, mut of_own) = (Vec::new(), Vec::new());
    for _ in 0..2000 {
        let at = Instant::now();
        bare.get_payment(get()).await.expect("an answer");
        of_bare.push(at.elapsed());
        let at = Instant::now();
        own.get_payment(get()).await.expect("an answer");
        of_own.push(at.elapsed());
    }
    for (name, times) in [("bare", &mut of_bare), ("own", &mut of_own)] {
        times.sort();
        println!("{name}: median {:?}, 90% {:?}", times[1000], times[1800]);
    }
}
