//! Refunds payments: CSV on standard input with a refund's id of your own, a payment's id, an
//! amount in minor units and a reason.
//!
//!     cargo run --example refund < refunds.csv
//!
//! Keys follow from the refunds' ids: run it as often as you like within three hours, nobody
//! is refunded twice. Ends with status 1 as long as something is open.

use std::{env, error, io, process::ExitCode};

use portone_gateway::{Client, Error, v2, with_key};

/// What came of a refund, and whether that is the end of it.
async fn refund(client: &Client, line: &str) -> Result<(String, bool), String> {
    let mut columns = line.splitn(4, ',').map(str::trim);
    let mut column = |name| columns.next().ok_or_else(|| format!("{name} is missing"));
    let (id, payment_id) = (column("the refund's id")?, column("the payment's id")?);
    let amount = column("the amount")?;
    let amount: i64 = amount.parse().map_err(|_| format!("{amount:?} is no amount"))?;
    let request = v2::CancelPaymentRequest {
        payment_id: payment_id.into(),
        amount: Some(amount),
        reason: Some(column("the reason")?.into()),
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
        Error::Declined(f) => {
            let advice = f.decline().and_then(|d| d.advice.as_deref()).unwrap_or("ask the PG");
            (format!("declined: {advice}"), true)
        }
        other => (format!("refused: {other}"), true),
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
        let (line, mut done) = (line?, false);
        let text = refund(&client, &line).await.map(|(text, end)| { done = end; text });
        println!("{line}: {}", text.unwrap_or_else(|wrong| format!("not sent: {wrong}")));
        if !done {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
