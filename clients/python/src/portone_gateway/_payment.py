"""Payments, whatever their status."""

from __future__ import annotations

import json
from typing import Any

from ._gen.portone.v2 import annotations_pb2, common_pb2, payment_pb2


def view(payment: payment_pb2.Payment) -> PaymentView:
    """What every payment has, whatever its status: view(payment).amount.total."""
    return PaymentView(payment)


class PaymentView:
    """A payment of any status. What is not known is None, never 0; of a status from tomorrow only status_text is known."""

    def __init__(self, payment: payment_pb2.Payment) -> None:
        self.payment = payment
        case = payment.WhichOneof("status")
        self._case: Any = getattr(payment, case) if case else None

    def _get(self, name: str) -> Any:
        if self._case is None or name not in self._case.DESCRIPTOR.fields_by_name or not self._case.HasField(name):
            return None
        return getattr(self._case, name)

    @property
    def status_text(self) -> str:
        """The status as PortOne sends it, such as PAID, known or not."""
        if self._case is not None:
            value: str = self._case.DESCRIPTOR.GetOptions().Extensions[annotations_pb2.discriminator].value
            return value
        try:
            text = json.loads(self.payment.unrecognized.get("status", "null"))
        except ValueError:
            return ""
        return text if isinstance(text, str) else ""

    @property
    def status(self) -> payment_pb2.PaymentStatus.ValueType:
        """The status; PAYMENT_STATUS_UNSPECIFIED for one from tomorrow."""
        text = self.status_text
        name = "PAYMENT_STATUS_" + ("PENDING" if text == "PAY_PENDING" else text)  # PENDING is its name in filters
        value = payment_pb2.PaymentStatus.DESCRIPTOR.values_by_name.get(name)
        return payment_pb2.PAYMENT_STATUS_UNSPECIFIED if value is None else payment_pb2.PaymentStatus.ValueType(value.number)

    @property
    def id(self) -> str | None:
        """The id that the caller gave the payment."""
        return self._get("id")  # type: ignore[no-any-return]

    @property
    def transaction_id(self) -> str | None:
        """PortOne's id of the latest attempt to pay."""
        return self._get("transaction_id")  # type: ignore[no-any-return]

    @property
    def store_id(self) -> str | None:
        """The id of the payment's store."""
        return self._get("store_id")  # type: ignore[no-any-return]

    @property
    def order_name(self) -> str | None:
        """What was bought."""
        return self._get("order_name")  # type: ignore[no-any-return]

    @property
    def amount(self) -> payment_pb2.PaymentAmount | None:
        """The amounts, in the currency's minor unit."""
        return self._get("amount")  # type: ignore[no-any-return]

    @property
    def currency(self) -> common_pb2.Currency.ValueType | None:
        """The currency of the amounts; None also for one from tomorrow."""
        return self._get("currency")  # type: ignore[no-any-return]

    @property
    def method(self) -> payment_pb2.PaymentMethod | None:
        """How the customer pays."""
        return self._get("method")  # type: ignore[no-any-return]

    @property
    def channel(self) -> common_pb2.SelectedChannel | None:
        """The channel, and so the PG."""
        return self._get("channel")  # type: ignore[no-any-return]

    @property
    def customer(self) -> common_pb2.Customer | None:
        """Who pays."""
        return self._get("customer")  # type: ignore[no-any-return]

    @property
    def failure(self) -> payment_pb2.PaymentFailure | None:
        """Why the payment failed, with the PG's code; None if it did not."""
        return self._get("failure")  # type: ignore[no-any-return]

    @property
    def cancellations(self) -> list[payment_pb2.PaymentCancellation]:
        """The cancellations, of which some may have failed or not be done yet."""
        return list(getattr(self._case, "cancellations", ()))
