"""Takes every failed call of clients/vectors.json."""

import base64
import json
import pathlib
from typing import Any

import grpc
import pytest

from portone_gateway import v2
from portone_gateway._errors import Error, Sent, from_rpc

CASES = json.loads((pathlib.Path(__file__).parents[2] / "vectors.json").read_text())["cases"]


class Failure:
    """A failed call, with the methods of grpc.Call."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode[self._case["code"]]

    def details(self) -> str:
        return str(self._case["message"])

    def initial_metadata(self) -> tuple[tuple[str, str], ...]:
        return ()

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        status = base64.b64decode(self._case.get("status", ""))
        return (("grpc-status-details-bin", status), ("x-request-id", "request-1")) if status else ()


def bare(enum: Any, value: int, prefix: str) -> str:
    name = str(enum.Name(value)).removeprefix(prefix)
    return "" if name == "UNSPECIFIED" else name


def taken(e: Error) -> dict[str, Any]:
    decline, data = e.decline, e.data
    fields = {
        "type": e.type,
        "reason": bare(v2.ErrorReason, e.reason, "ERROR_REASON_"),
        "gatewayReason": bare(v2.GatewayReason, e.gateway_reason, "GATEWAY_REASON_"),
        "operation": e.operation,
        "idempotencyKey": e.idempotency_key,
        "retryAfterMs": round(e.retry_after * 1000),
        "truncated": e.truncated,
        "decline": bare(v2.DeclineReason, decline.reason, "DECLINE_REASON_") if decline else "",
        "nextStep": bare(v2.DeclineNextStep, decline.next_step, "DECLINE_NEXT_STEP_") if decline else "",
        "data": data.DESCRIPTOR.full_name if data is not None else "",
        "localizedMessage": e.localized_message,
        "outcomeUnknown": e.outcome_unknown,
        "outcomeUnclear": e.outcome_unclear,
        "retry": e.retry.value,
        "asksAgain": e.asks_again,
    }
    return {name: value for name, value in fields.items() if value or name == "asksAgain"}


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_vector(case: dict[str, Any]) -> None:
    key = "key-of-the-vectors-1" if case["mutation"] else ""
    e = from_rpc(Failure(case), Sent(case["mutation"], key))
    assert taken(e) == case["want"]
    assert e.message == case["message"]
    assert str(e).startswith(case["code"])
    assert "key-of" not in str(e) and "payment-1" not in str(e)


@pytest.mark.parametrize("trailer", [b"\xff", b"\x08\x02\x1a\x03\x0a\x01\xff", b"", "text"])
def test_details_that_cannot_be_read_are_none(trailer: bytes | str) -> None:
    failure = Failure({"code": "INTERNAL", "message": "x"})
    failure.trailing_metadata = lambda: (("grpc-status-details-bin", trailer),)  # type: ignore[method-assign]
    e = from_rpc(failure, Sent(True, "the-key-that-was-sent"))
    assert e.outcome_unknown and e.idempotency_key == "the-key-that-was-sent" and e.type == ""
