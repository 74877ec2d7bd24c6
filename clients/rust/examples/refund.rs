//! Refunds payments: CSV on standard input with an id of your own for the refund, the payment's
//! id, the amount, what could be refunded before it (both in minor units), and the reason.
//!
//!     cargo run --example refund < refunds.csv
//!
//! Run it as often as you like: the key follows from the refund's id, and when PortOne forgets it
//! after three hours, the third amount is wrong. Ends with status 1 as long as something is open.
use std::{env, error, io, process::ExitCode};

use portone_gateway::{Client, Error, v2, with_key};

/// What came of a refund, and whether that is the end of it.
pub(crate) async fn refund(client: &Client, line: &str) -> Result<(String, bool), String> {
    let columns: Vec<_> = line.splitn(5, ',').map(str::trim).collect();
    let [id, payment_id, amount, before, reason] = columns[..] else {
        return Err("there are not five columns".into());
    };
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{text:?} is no amount"));
    let request = v2::CancelPaymentRequest {
        payment_id: payment_id.into(),
        amount: Some(number(amount)?),
        current_cancellable_amount: Some(number(before)?),
        reason: Some(reason.into()),
        ..Default::default()
    };
    let key = format!("refund-tool-refund-{id}");
    let error = match client.payment().cancel_payment(with_key(&key, request)).await {
        Ok(answer) => return Ok(outcome(answer.into_inner())),
        Err(status) => Error::from(status),
    };
    Ok(match &error {
        Error::OutcomeUnknown(_) => ("open: the next run asks with the same key".into(), false),
        Error::OutcomeUnclear(_) => ("open: look at the payment's cancellations".into(), false),
        refused => (format!("refused: {refused}"), true),
    })
}

fn outcome(answer: v2::CancelPaymentResponse) -> (String, bool) {
    use v2::payment_cancellation::Status;
    match answer.cancellation.and_then(|c| c.status) {
        Some(Status::Succeeded(_)) => ("refunded".into(), true),
        Some(Status::Failed(_)) => ("failed at the PG".into(), true),
        _ => ("open: asked for, not done yet".into(), false),
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn error::Error>> {
    let target = env::var("PORTONE_GATEWAY_TARGET").unwrap_or("127.0.0.1:9090".into());
    let (client, mut code) = (Client::new(target)?, ExitCode::SUCCESS);
    for line in io::stdin().lines() {
        let line = line?;
        let (text, done) = refund(&client, &line).await.unwrap_or_else(|e| (e, false));
        println!("{line}: {text}");
        if !done {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
