"""Failed calls."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from google.rpc import error_details_pb2, status_pb2

from ._gen import rules
from ._gen.portone.v2 import decline_pb2, error_pb2, gateway_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message


class Retry(enum.Enum):
    """What to do about a failed call."""

    NEVER = "never"
    """The same request fails again."""

    SAME = "same"
    """Repeat the same request, a mutation with the same idempotency key."""

    LATER = "later"
    """It may succeed later, as a new request: a limit or an outage has to pass first."""

    CHECK_FIRST = "check_first"
    """Read what became of it, and go by that."""


class Sent(NamedTuple):
    """What the client knows of a call."""

    mutation: bool
    key: str = ""
    unknown: bool = False  # an earlier attempt may have been carried out, and nothing since has said so
    not_sent: bool = False  # the request did not leave the program


class Error(Exception):
    """A failed call. Its cause is the error of grpcio. The text has no ids, keys or data.

    Subclasses say what to do: OutcomeUnknownError, OutcomeUnclearError, DeclinedError.
    """

    code: grpc.StatusCode
    """The gRPC code."""

    message: str
    """The status's text, in English."""

    localized_message: str
    """The text in the language of the call's accept-language: for staff, not for buyers. Empty if the gateway did not speak."""

    type: str
    """PortOne's type as it was sent, such as PAYMENT_NOT_FOUND, or the gateway's reason, such as OUTCOME_UNKNOWN. Empty if the
    error is of neither, such as a connection that broke."""

    reason: error_pb2.ErrorReason.ValueType
    """PortOne's type as an enum; ERROR_REASON_UNSPECIFIED for one that this package does not know, or that is not PortOne's."""

    gateway_reason: gateway_pb2.GatewayReason.ValueType
    """The gateway's reason as an enum; GATEWAY_REASON_UNSPECIFIED if the error is not the gateway's own."""

    operation: str
    """PortOne's operationId; empty if there was none."""

    idempotency_key: str
    """The key that a mutation was sent with; empty for reads. To ask for the outcome, send the same request with it."""

    request_id: str
    """Names the call in the gateway's log; empty if the gateway did not speak."""

    retry_after: float
    """Seconds to wait before trying again; 0 if nothing is said."""

    truncated: bool
    """The details were cut to fit into trailers: lists and texts may be shorter than PortOne sent them."""

    detail: error_pb2.PortOneError | None
    """PortOne's error with all that it sent; None if the error is not PortOne's."""

    retry: Retry
    """What to do."""

    outcome_unknown: bool
    """PortOne may have carried the mutation out and has not said so. Repeat it with idempotency_key, never with another key."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message
        self.localized_message = self.type = self.domain = self.operation = self.idempotency_key = self.request_id = ""
        self.reason = error_pb2.ERROR_REASON_UNSPECIFIED
        self.gateway_reason = gateway_pb2.GATEWAY_REASON_UNSPECIFIED
        self.retry_after = 0.0
        self.truncated = self.outcome_unknown = False
        self.detail = None
        self.retry = Retry.NEVER

    def __str__(self) -> str:
        head = " ".join(part for part in (self.code.name, self.type, self.operation) if part)
        tail = f" (request {self.request_id})" if self.request_id else ""
        return f"{head}: {self.message}{tail}"

    @property
    def outcome_unclear(self) -> bool:
        """PortOne has answered without knowing what became of it at the PG: read the payment, and go by that."""
        return self.retry is Retry.CHECK_FIRST

    @property
    def decline(self) -> decline_pb2.PgDecline | None:
        """What the PG's refusal means and what to do; None if there was none, or its code is unknown."""
        return self.detail.decline if self.detail is not None and self.detail.HasField("decline") else None

    @property
    def data(self) -> Message | None:
        """The data of the error's type, such as a PgProviderError; None if the type has none."""
        case = self.detail.WhichOneof("data") if self.detail is not None else None
        return getattr(self.detail, case) if case else None

    @property
    def asks_again(self) -> bool:
        """Whether the client asks again by itself, time permitting."""
        return self.retry is Retry.SAME or (
            self.domain == rules.DOMAIN_GATEWAY and self.retry_after > 0 and self.type in rules.AGAIN_WITH_RETRY_INFO
        )

    @property
    def tells_outcome(self) -> bool:
        """Whether this says what came of an earlier attempt: an answer of PortOne's about the request. Who may call is looked at first."""
        return self.domain == rules.DOMAIN_PORTONE and self.code.name not in rules.TELLS_NO_OUTCOME


class OutcomeUnknownError(Error):
    """PortOne may have carried the mutation out. Ask again later with the same request and e.idempotency_key, never with another key."""


class OutcomeUnclearError(Error):
    """PortOne has answered, and does not know what became of it at the PG. Read the payment, and go by its status."""


class DeclinedError(Error):
    """The PG or card company said no; e.decline says why and what to do, where the PG's codes are known."""


def from_rpc(failure: Any, sent: Sent) -> Error:
    """The Error of a failed RPC, which has the methods of grpc.Call."""
    error = Error(failure.code() or grpc.StatusCode.UNKNOWN, failure.details() or "")
    # Pairs, since the Metadata of older versions of grpc.aio is no proper mapping.
    metadata = {name: value for pairs in (failure.initial_metadata(), failure.trailing_metadata()) for name, value in pairs or ()}
    _read(error, metadata.get(rules.TRAILER, b""))
    error.request_id = str(metadata.get(rules.METADATA["requestId"], ""))
    if sent.mutation and not error.idempotency_key:
        error.idempotency_key = sent.key
    error.__cause__ = failure if isinstance(failure, BaseException) else None
    return judge(error, sent)


def _read(error: Error, trailer: str | bytes) -> None:
    """Reads the details of a status. One that cannot be read has none."""
    status = status_pb2.Status()
    try:
        status.ParseFromString(trailer if isinstance(trailer, bytes) else trailer.encode("latin-1"))
    except Exception:  # protobuf's own kinds of exception differ
        return
    info, retry, text, detail = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.RetryInfo(),
        error_details_pb2.LocalizedMessage(),
        error_pb2.PortOneError(),
    )
    for any_ in status.details:
        try:
            if any_.Unpack(info) and info.domain in (rules.DOMAIN_PORTONE, rules.DOMAIN_GATEWAY):
                _read_info(error, info)
            elif any_.Unpack(retry):
                wait = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
                error.retry_after = min(max(wait, 0.0), rules.ASKING["maxRetryInfoMs"] / 1e3)
            elif any_.Unpack(text):
                error.localized_message = text.message
            elif any_.Unpack(detail):
                error.detail, error.reason = detail, detail.reason
        except Exception:  # a detail that cannot be read is as good as none
            continue


def _read_info(error: Error, info: error_details_pb2.ErrorInfo) -> None:
    error.domain, error.type = info.domain, info.reason
    error.operation = info.metadata.get(rules.INFO["operation"], "")
    error.idempotency_key = info.metadata.get(rules.INFO["idempotencyKey"], "")
    error.truncated = bool(info.metadata.get(rules.INFO["truncated"], ""))
    if info.domain == rules.DOMAIN_GATEWAY:
        reason = gateway_pb2.GatewayReason.DESCRIPTOR.values_by_name.get("GATEWAY_REASON_" + info.reason)
        if reason is not None:
            error.gateway_reason = gateway_pb2.GatewayReason.ValueType(reason.number)


def advise(error: Error, mutation: bool) -> Retry:
    """The algorithm of clients/DESIGN.md."""
    kind, code = ("mutation" if mutation else "read"), error.code.name
    step = _step(error)
    if error.domain == rules.DOMAIN_PORTONE:
        if mutation and step in rules.NEXT_STEPS:
            return Retry(rules.NEXT_STEPS[step])
        advice = rules.PORTONE_CODES[code][kind]
    elif error.domain == rules.DOMAIN_GATEWAY:
        if mutation and _leaves_unknown(error):
            return Retry.SAME
        advice = rules.GATEWAY_REASONS.get(error.type, rules.GATEWAY_CODES[code])[kind]
    else:
        return Retry(rules.WITHOUT_ERROR_INFO[code][kind])
    if advice == "never":
        advice = rules.NEXT_STEPS_INSTEAD_OF_NEVER.get(step, advice)
    return Retry(advice)


def _leaves_unknown(error: Error) -> bool:
    """Whether an error of the gateway's own says that PortOne may have carried the mutation out."""
    return error.type in rules.OUTCOME_UNKNOWN or (
        error.type not in rules.KNOWN_GATEWAY_REASONS and error.code.name in rules.OUTCOME_UNKNOWN_CODES
    )


def _step(error: Error) -> str:
    """The name of what the decline says to do; empty for none, or one that this package does not know."""
    if error.decline is None:
        return ""
    value = decline_pb2.DeclineNextStep.DESCRIPTOR.values_by_number.get(error.decline.next_step)
    return "" if value is None else value.name.removeprefix("DECLINE_NEXT_STEP_")


def judge(error: Error, sent: Sent) -> Error:
    """Says what to do about the error, and makes it one of the subclass for that."""
    if sent.not_sent:
        error.retry, error.outcome_unknown = Retry.NEVER, False
        return error
    error.retry = advise(error, sent.mutation)
    if sent.mutation:
        error.outcome_unknown = (not error.domain and error.retry is Retry.SAME) or (
            error.domain == rules.DOMAIN_GATEWAY and _leaves_unknown(error)
        )
    return as_kind(error)


def stays_unknown(error: Error) -> Error:
    """The error, of a mutation whose earlier attempt may have been carried out, where it does not say what came of that."""
    error.outcome_unknown, error.retry = True, Retry.SAME
    return as_kind(error)


def as_kind(error: Error) -> Error:
    if error.outcome_unknown:
        error.__class__ = OutcomeUnknownError
    elif error.outcome_unclear:
        error.__class__ = OutcomeUnclearError
    elif error.type == "PG_PROVIDER" or error.decline is not None:
        error.__class__ = DeclinedError
    return error
