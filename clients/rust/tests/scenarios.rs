//! Runs clients/scenarios.json against the bench. `--nocapture` shows the table.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use portone_gateway::{
    Client, Error, Retry,
    tonic::{Request, metadata::AsciiMetadataKey},
    v2,
};
use serde_json::{Value, json};

type Outcome = Result<Value, Error>;

/// `internal/clientbench` as a process, which ends when its standard input does.
struct Bench {
    process: Child,
    target: String,
    control: String,
}

impl Bench {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut command = match std::env::var("PORTONE_CLIENTBENCH") {
            Ok(program) => Command::new(program),
            Err(_) => {
                let mut go = Command::new("go");
                go.current_dir(root).args(["run", "./internal/clientbench"]);
                go
            }
        };
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = piped.spawn().expect("the bench starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("the bench speaks");
        let places: Value = serde_json::from_str(&line).expect("it speaks JSON");
        let text = |name: &str| places[name].as_str().expect("a place").to_owned();
        Self { process, target: text("target"), control: text("control") }
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.control)).call().expect("an answer");
        answer.body_mut().read_json().expect("JSON")
    }

    fn begin(&self) -> Value {
        let answer = ureq::post(format!("{}/begin", self.control)).send_empty();
        answer.expect("an answer").body_mut().read_json().expect("JSON")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Makes the calls of one scenario.
struct Runner<'a> {
    bench: &'a Bench,
    scene: Value,
    last: String,
}

impl Runner<'_> {
    fn scene(&self, name: &str) -> String {
        self.scene[name].as_str().expect("a member of the scene").to_owned()
    }

    fn client(&self, step: &Value) -> Client {
        let ask_again_for = step["askAgainForMs"].as_u64().unwrap_or(15_000);
        let mut builder =
            Client::builder(&self.bench.target).ask_again_for(Duration::from_millis(ask_again_for));
        if let Some(attempt) = step["attemptMs"].as_u64() {
            builder = builder.attempt_timeout(Duration::from_millis(attempt));
        }
        builder.build().expect("a client")
    }

    fn request<T>(&mut self, step: &Value, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let mut metadata = step["metadata"].as_object().cloned().unwrap_or_default();
        if let Some(key) = step["key"].as_str() {
            if key != "last" {
                self.last = key.to_owned();
            }
            metadata.insert("idempotency-key".into(), self.last.clone().into());
        }
        for (name, value) in metadata {
            let name: AsciiMetadataKey = name.parse().expect("a name");
            let value = value.as_str().expect("a text").parse().expect("a value");
            request.metadata_mut().insert(name, value);
        }
        if let Some(deadline) = step["deadlineMs"].as_u64() {
            request.set_timeout(Duration::from_millis(deadline));
        }
        request
    }

    fn pay(&self, step: &Value) -> v2::PayWithBillingKeyRequest {
        v2::PayWithBillingKeyRequest {
            payment_id: self.scene("paymentId"),
            billing_key: Some(self.scene("billingKey")),
            channel_key: Some(self.scene("channelKey")),
            order_name: Some("scenario".into()),
            amount: Some(v2::PaymentAmountInput {
                total: Some(step["amount"].as_i64().unwrap_or(1000)),
                ..Default::default()
            }),
            currency: Some(v2::Currency::Krw.into()),
            ..Default::default()
        }
    }

    async fn run(&mut self, step: &Value) -> Value {
        let client = self.client(step);
        let outcome = if step["cancelOnArrival"] == true {
            let mut call = Box::pin(self.call(&client, step));
            let control = format!("{}/arrived", call_control(self.bench));
            let arrived = tokio::task::spawn_blocking(move || ureq::get(control).call().is_ok());
            tokio::select! {
                outcome = &mut call => outcome,
                arrived = arrived => {
                    assert!(arrived.expect("no panic"), "the bench knows of the arrival");
                    return json!({"class": "cancelled"}); // the call is dropped
                }
            }
        } else {
            self.call(&client, step).await
        };
        match outcome {
            Ok(got) => got,
            Err(e) => {
                if !e.idempotency_key.is_empty() {
                    self.last.clone_from(&e.idempotency_key);
                }
                failed(&e)
            }
        }
    }

    fn call<'a>(
        &mut self,
        client: &'a Client,
        step: &'a Value,
    ) -> impl Future<Output = Outcome> + use<'a> {
        let kind = step["do"].as_str().expect("a kind of call").to_owned();
        let pay = self.pay(step);
        let keyed_pay = self.request(step, pay.clone());
        let refund = v2::CancelPaymentRequest {
            payment_id: self.scene("paidPaymentId"),
            amount: Some(100),
            reason: Some("scenario".into()),
            ..Default::default()
        };
        let refund = self.request(step, refund);
        let of = step["of"].as_str().unwrap_or("paidPaymentId");
        let get = v2::GetPaymentRequest { payment_id: self.scene(of), ..Default::default() };
        let get = self.request(step, get);
        async move {
            let mut stub = client.payment();
            match kind.as_str() {
                "pay" => stub.pay_with_billing_key(keyed_pay).await.map(|_| json!({}))?,
                "refund" => stub.cancel_payment(refund).await.map(|_| json!({}))?,
                "get" => return Ok(got(&stub.get_payment(get).await?.into_inner())),
                "list" => return list(client, step, pay).await,
                "listByCursor" => return list_by_cursor(client, step).await,
                other => panic!("no call {other}"),
            };
            Ok(json!({}))
        }
    }
}

fn call_control(bench: &Bench) -> &str {
    &bench.control
}

fn size(step: &Value) -> Option<i32> {
    step["size"].as_i64().and_then(|size| size.try_into().ok())
}

async fn list(client: &Client, step: &Value, pay: v2::PayWithBillingKeyRequest) -> Outcome {
    let page = v2::PageInput { size: size(step), ..Default::default() };
    let request = v2::GetPaymentsRequest { page: Some(page), ..Default::default() };
    let (mut list, mut seen) = (client.list(request), BTreeSet::new());
    while let Some(payment) = list.next().await {
        let payment = payment?;
        if step["payAfterFirstItem"] == true && seen.is_empty() {
            client.payment().pay_with_billing_key(pay.clone()).await?;
        }
        seen.insert(payment.id().expect("an id").to_owned());
    }
    Ok(json!({"items": seen.len()}))
}

async fn list_by_cursor(client: &Client, step: &Value) -> Outcome {
    let request = v2::GetAllPaymentsByCursorRequest { size: size(step), ..Default::default() };
    let items = client.list(request).collect().await?;
    let ids: BTreeSet<_> =
        items.iter().map(|item| item.payment.as_ref().and_then(v2::Payment::id)).collect();
    Ok(json!({"items": ids.len()}))
}

fn got(payment: &v2::Payment) -> Value {
    let of_case = match &payment.status {
        Some(v2::payment::Status::Paid(paid)) => json!(paid.unrecognized),
        _ => json!({}),
    };
    json!({
        "status": payment.status().as_str_name().trim_start_matches("PAYMENT_STATUS_"),
        "unrecognized": payment.unrecognized,
        "unrecognizedOfCase": of_case,
    })
}

fn failed(e: &Error) -> Value {
    let class = match e {
        Error::OutcomeUnknown(_) => "outcome_unknown",
        Error::OutcomeUnclear(_) => "outcome_unclear",
        Error::Declined(_) => "declined",
        _ => "error",
    };
    let retry = match e.retry {
        Retry::Never => "never",
        Retry::Same => "same",
        Retry::Later => "later",
        Retry::CheckFirst => "check_first",
        _ => "new",
    };
    let text = e.to_string();
    let decline = e.decline();
    let bare = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_owned();
    json!({
        "class": class,
        "code": text.split([' ', ':']).next(),
        "type": e.error_type,
        "reason": bare(e.reason.as_str_name(), "ERROR_REASON_"),
        "gatewayReason": bare(e.gateway_reason.as_str_name(), "GATEWAY_REASON_"),
        "decline": bare(decline.map_or("", |d| d.reason().as_str_name()), "DECLINE_REASON_"),
        "nextStep": bare(decline.map_or("", |d| d.next_step().as_str_name()), "DECLINE_NEXT_STEP_"),
        "retry": retry,
        "outcomeUnknown": e.outcome_unknown,
        "outcomeUnclear": e.outcome_unclear(),
        "key": !e.idempotency_key.is_empty(),
    })
}

/// Whether a value is as wanted; of an object, the members that are wanted.
fn contains(got: &Value, want: &Value) -> bool {
    match want.as_object() {
        Some(members) => members.iter().all(|(name, value)| contains(&got[name], value)),
        None => got == want,
    }
}

fn is_as_wanted(got: &Value, want: &Value) -> bool {
    let nothing = json!({});
    let want = if want == "ok" { &nothing } else { want };
    got["class"].is_null() == want["class"].is_null() && contains(got, want)
}

fn within(got: &Value, want: &Value) -> bool {
    match want.as_array() {
        Some(range) => range[0].as_i64() <= got.as_i64() && got.as_i64() <= range[1].as_i64(),
        None => want.is_null() || got == want,
    }
}

#[tokio::test]
async fn every_scenario_ends_as_it_has_to() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios.json");
    let text = std::fs::read_to_string(path).expect("scenarios.json is there");
    let all: Value = serde_json::from_str(&text).expect("it is JSON");
    let (bench, mut wrong) = (Bench::start(), Vec::new());
    println!("{:58} {:16} attempts charges refunds", "scenario", "outcome");
    for scenario in all["scenarios"].as_array().expect("scenarios") {
        let name = scenario["name"].as_str().expect("a name");
        let mut runner = Runner { bench: &bench, scene: bench.begin(), last: String::new() };
        let mut outcomes = Vec::new();
        for step in scenario["calls"].as_array().expect("calls") {
            let got = runner.run(step).await;
            if !is_as_wanted(&got, &step["want"]) {
                wrong.push(format!("{name}: {got}, want {}", step["want"]));
            }
            outcomes.push(got["class"].as_str().unwrap_or("ok").to_owned());
        }
        let (got, want) = (bench.get("/result"), &scenario["want"]);
        let counts = ["charges", "refunds", "attempts", "keys"];
        if !counts.iter().all(|count| within(&got[count], &want[count])) {
            wrong.push(format!("{name}: {got}, want {want}"));
        }
        println!(
            "{name:58} {:16} {:8} {:7} {:7}",
            outcomes.join(", "),
            got["attempts"],
            got["charges"],
            got["refunds"],
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
