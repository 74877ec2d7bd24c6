"""Charges the subscriptions of a month: CSV on standard input with subscription, billing key and amount in KRW.

    python biller.py 2026-12 < subscriptions.csv

Payment ids and keys follow from subscription and month: run it as often as you like, nobody is charged twice. Ends with
status 1 as long as something is open.
"""

import csv
import os
import sys

from portone_gateway import Client, DeclinedError, Error, OutcomeUnclearError, OutcomeUnknownError, v2, view, with_key


def bill(client: Client, month: str, subscription: str, billing_key: str, amount: int) -> str:
    """Charges one subscription. Returns what came of it."""
    payment_id = f"{subscription}-{month}"
    request = v2.PayWithBillingKeyRequest(
        payment_id=payment_id,
        billing_key=billing_key,
        order_name=f"Subscription {month}",
        amount=v2.PaymentAmountInput(total=amount),
        currency=v2.CURRENCY_KRW,
    )
    try:
        client.payment.PayWithBillingKey(request, metadata=with_key(f"subscription-bill-{payment_id}"))
        return "paid"
    except OutcomeUnknownError:
        return "open"  # the next run asks with the same key
    except OutcomeUnclearError:
        return look_up(client, payment_id, amount)
    except DeclinedError as e:
        step = e.decline.next_step if e.decline else v2.DECLINE_NEXT_STEP_UNSPECIFIED
        return f"declined: {v2.DeclineNextStep.Name(step).removeprefix('DECLINE_NEXT_STEP_')}"
    except Error as e:
        if e.reason == v2.ERROR_REASON_ALREADY_PAID:
            return look_up(client, payment_id, amount)
        return f"open: {e}"


def look_up(client: Client, payment_id: str, amount: int) -> str:
    payment = view(client.payment.GetPayment(v2.GetPaymentRequest(payment_id=payment_id)))
    if payment.status_text == "PAID" and payment.amount is not None and payment.amount.total == amount:
        return "paid"
    return "open" if payment.status_text != "FAILED" else "declined: FAILED"


def main() -> int:
    results = []
    with Client(os.environ.get("PORTONE_GATEWAY_TARGET", "127.0.0.1:9090")) as client:
        for subscription, billing_key, amount in csv.reader(sys.stdin):
            results.append(bill(client, sys.argv[1], subscription, billing_key, int(amount)))
            print(subscription, results[-1], flush=True)
    return 1 if any(result.startswith("open") for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
