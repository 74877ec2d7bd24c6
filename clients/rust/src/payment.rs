//! Payments, whatever their status.

use crate::{
    generated::cases,
    v2::{
        Currency, Customer, Payment, PaymentAmount, PaymentCancellation, PaymentFailure,
        PaymentMethod, PaymentStatus, SelectedChannel, payment::Status,
    },
};

/// A field that every case has.
macro_rules! of_any {
    ($payment:expr, $case:ident => $value:expr) => {
        match $payment.status.as_ref()? {
            Status::Cancelled($case) => $value,
            Status::Failed($case) => $value,
            Status::Paid($case) => $value,
            Status::PartialCancelled($case) => $value,
            Status::PayPending($case) => $value,
            Status::Ready($case) => $value,
            Status::VirtualAccountIssued($case) => $value,
        }
    };
}

/// What every payment has, whatever its status. What is not known is none, never 0; of a
/// status from tomorrow only [`Payment::status_text`] is known.
impl Payment {
    /// The id that the caller gave the payment.
    pub fn id(&self) -> Option<&str> {
        of_any!(self, case => case.id.as_deref())
    }

    /// PortOne's id of the latest attempt to pay.
    pub fn transaction_id(&self) -> Option<&str> {
        of_any!(self, case => case.transaction_id.as_deref())
    }

    /// The id of the payment's store.
    pub fn store_id(&self) -> Option<&str> {
        of_any!(self, case => case.store_id.as_deref())
    }

    /// The status as PortOne sends it, such as `PAID`, known or not.
    pub fn status_text(&self) -> Option<String> {
        match &self.status {
            Some(case) => Some(cases::status_text(case).to_owned()),
            None => serde_json::from_str(self.unrecognized.get("status")?).ok(),
        }
    }

    /// The status; `Unspecified` for one from tomorrow.
    pub fn status(&self) -> PaymentStatus {
        match &self.status {
            None => PaymentStatus::Unspecified,
            Some(Status::Cancelled(_)) => PaymentStatus::Cancelled,
            Some(Status::Failed(_)) => PaymentStatus::Failed,
            Some(Status::Paid(_)) => PaymentStatus::Paid,
            Some(Status::PartialCancelled(_)) => PaymentStatus::PartialCancelled,
            Some(Status::PayPending(_)) => PaymentStatus::Pending, // its name in filters
            Some(Status::Ready(_)) => PaymentStatus::Ready,
            Some(Status::VirtualAccountIssued(_)) => PaymentStatus::VirtualAccountIssued,
        }
    }

    /// What was bought.
    pub fn order_name(&self) -> Option<&str> {
        of_any!(self, case => case.order_name.as_deref())
    }

    /// The amounts, in the currency's minor unit.
    pub fn amount(&self) -> Option<&PaymentAmount> {
        of_any!(self, case => case.amount.as_ref())
    }

    /// The currency of the amounts; none also for one from tomorrow.
    pub fn currency(&self) -> Option<Currency> {
        let number = of_any!(self, case => case.currency)?;
        Currency::try_from(number).ok().filter(|c| *c != Currency::Unspecified)
    }

    /// How the customer pays.
    pub fn method(&self) -> Option<&PaymentMethod> {
        of_any!(self, case => case.method.as_ref())
    }

    /// The channel, and so the PG.
    pub fn channel(&self) -> Option<&SelectedChannel> {
        of_any!(self, case => case.channel.as_ref())
    }

    /// Who pays.
    pub fn customer(&self) -> Option<&Customer> {
        of_any!(self, case => case.customer.as_ref())
    }

    /// Why the payment failed, with the PG's code; none if it did not.
    pub fn failure(&self) -> Option<&PaymentFailure> {
        match self.status.as_ref()? {
            Status::Failed(case) => case.failure.as_ref(),
            _ => None,
        }
    }

    /// The cancellations, of which some may have failed or not be done yet.
    pub fn cancellations(&self) -> &[PaymentCancellation] {
        match &self.status {
            Some(Status::Cancelled(case)) => &case.cancellations,
            Some(Status::PartialCancelled(case)) => &case.cancellations,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v2;

    /// A payment of each status, with the same fields.
    macro_rules! each_status {
        ($($case:ident: $message:ident),*) => {
            vec![$((stringify!($case), Status::$case(Box::new(v2::$message {
                id: Some("p-1".into()),
                transaction_id: Some("t-1".into()),
                store_id: Some("s-1".into()),
                order_name: Some("o-1".into()),
                amount: Some(PaymentAmount { total: Some(1000), ..Default::default() }),
                currency: Some(Currency::Krw.into()),
                channel: Some(SelectedChannel { name: Some("c".into()), ..Default::default() }),
                customer: Some(Customer { id: Some("b".into()), ..Default::default() }),
                ..Default::default()
            })))),*]
        };
    }

    #[test]
    fn every_status_is_read() {
        let all = each_status!(
            Cancelled: CancelledPayment, Failed: FailedPayment, Paid: PaidPayment,
            PartialCancelled: PartialCancelledPayment, PayPending: PayPendingPayment,
            Ready: ReadyPayment, VirtualAccountIssued: VirtualAccountIssuedPayment
        );
        for (name, status) in all {
            let payment = Payment { status: Some(status), ..Default::default() };
            assert_eq!(payment.id(), Some("p-1"), "{name}");
            assert_eq!(payment.transaction_id(), Some("t-1"), "{name}");
            assert_eq!(payment.store_id(), Some("s-1"), "{name}");
            assert_eq!(payment.order_name(), Some("o-1"), "{name}");
            assert_eq!(payment.amount().and_then(|a| a.total), Some(1000), "{name}");
            assert_eq!(payment.currency(), Some(Currency::Krw), "{name}");
            assert_eq!(payment.channel().and_then(|c| c.name.as_deref()), Some("c"), "{name}");
            assert_eq!(payment.customer().and_then(|c| c.id.as_deref()), Some("b"), "{name}");
            assert!(payment.method().is_none() && payment.failure().is_none(), "{name}");
            let text = payment.status_text().expect(name);
            let status = payment.status().as_str_name().trim_start_matches("PAYMENT_STATUS_");
            assert_eq!(status, text.trim_start_matches("PAY_"), "{name}");
        }
    }

    #[test]
    fn nothing_is_made_up_for_a_status_from_tomorrow() {
        for (sent, want) in [
            (Some("\"FROZEN\""), Some("FROZEN")),
            (Some("7"), None),
            (Some("{"), None),
            (None, None),
        ] {
            let mut payment = Payment::default();
            payment.unrecognized.extend(sent.map(|text| ("status".into(), text.into())));
            assert_eq!(payment.status_text().as_deref(), want);
            assert_eq!(payment.status(), PaymentStatus::Unspecified);
            assert!(payment.amount().is_none() && payment.id().is_none());
            assert!(payment.currency().is_none() && payment.cancellations().is_empty());
        }
    }

    #[test]
    fn a_currency_from_tomorrow_is_none() {
        let paid = v2::PaidPayment { currency: Some(9999), ..Default::default() };
        let payment = Payment { status: Some(Status::Paid(Box::new(paid))), ..Default::default() };
        assert_eq!(payment.currency(), None);
    }
}
