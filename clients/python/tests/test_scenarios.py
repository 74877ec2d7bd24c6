"""Runs clients/scenarios.json against the bench, by both clients. `pytest -rA` shows the table."""

import asyncio
import json
import pathlib
import threading
from typing import Any

import pytest
from conftest import Bench

from portone_gateway import AsyncClient, Client, Error, OutcomeUnknownError, aio_paginate, paginate, v2, view

SCENARIOS = json.loads((pathlib.Path(__file__).parents[2] / "scenarios.json").read_text())["scenarios"]
CLASSES = {
    "OutcomeUnknownError": "outcome_unknown",
    "OutcomeUnclearError": "outcome_unclear",
    "DeclinedError": "declined",
    "Error": "error",
}


class Runner:
    """Makes the calls of one scenario."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.last = bench, ""
        self.scene = bench.call("POST", "/begin")

    def options(self, step: dict[str, Any]) -> dict[str, Any]:
        options = {"ask_again_for": step.get("askAgainForMs", 15_000) / 1e3}
        if "attemptMs" in step:
            options["attempt_timeout"] = step["attemptMs"] / 1e3
        return options

    def call_options(self, step: dict[str, Any]) -> dict[str, Any]:
        metadata = list(step.get("metadata", {}).items())
        if key := step.get("key"):
            self.last = self.last if key == "last" else key
            metadata.append(("idempotency-key", self.last))
        return {"metadata": metadata, "timeout": step["deadlineMs"] / 1e3 if "deadlineMs" in step else None}

    def pay(self, amount: int = 1000) -> v2.PayWithBillingKeyRequest:
        return v2.PayWithBillingKeyRequest(
            payment_id=self.scene["paymentId"],
            billing_key=self.scene["billingKey"],
            channel_key=self.scene["channelKey"],
            order_name="scenario",
            amount=v2.PaymentAmountInput(total=amount),
            currency=v2.CURRENCY_KRW,
        )

    def refund(self) -> v2.CancelPaymentRequest:
        return v2.CancelPaymentRequest(payment_id=self.scene["paidPaymentId"], amount=100, reason="scenario")

    def get(self, step: dict[str, Any]) -> v2.GetPaymentRequest:
        return v2.GetPaymentRequest(payment_id=self.scene[step.get("of", "paidPaymentId")])

    def got(self, payment: v2.Payment) -> dict[str, Any]:
        case = payment.WhichOneof("status")
        return {
            "status": v2.PaymentStatus.Name(view(payment).status).removeprefix("PAYMENT_STATUS_"),
            "unrecognized": dict(payment.unrecognized),
            "unrecognizedOfCase": dict(getattr(payment, case).unrecognized) if case else {},
        }

    def failed(self, e: Error) -> dict[str, Any]:
        self.last = e.idempotency_key or self.last
        decline = e.decline
        return {
            "class": CLASSES[type(e).__name__],
            "code": e.code.name,
            "type": e.type,
            "reason": v2.ErrorReason.Name(e.reason).removeprefix("ERROR_REASON_"),
            "gatewayReason": v2.GatewayReason.Name(e.gateway_reason).removeprefix("GATEWAY_REASON_"),
            "decline": v2.DeclineReason.Name(decline.reason).removeprefix("DECLINE_REASON_") if decline else "",
            "nextStep": v2.DeclineNextStep.Name(decline.next_step).removeprefix("DECLINE_NEXT_STEP_") if decline else "",
            "retry": e.retry.value,
            "outcomeUnknown": e.outcome_unknown,
            "outcomeUnclear": e.outcome_unclear,
            "key": bool(e.idempotency_key),
        }

    # The synchronous client.
    def run(self, step: dict[str, Any]) -> dict[str, Any]:
        with Client(self.bench.target, **self.options(step)) as client:
            if step.get("cancelOnArrival"):
                return self.run_and_close(client, step)
            try:
                return self.do(client, step)
            except Error as e:
                return self.failed(e)

    def run_and_close(self, client: Client, step: dict[str, Any]) -> dict[str, Any]:
        """A thread cannot cancel another one's call: it closes the client under it."""
        result: list[BaseException] = []

        def call() -> None:
            try:
                self.do(client, step)
            except BaseException as failure:
                result.append(failure)

        thread = threading.Thread(target=call)
        thread.start()
        self.bench.call("GET", "/arrived")
        client.close()
        thread.join(20)
        assert isinstance(result[0], OutcomeUnknownError), result
        return {"class": "cancelled"}

    def do(self, client: Client, step: dict[str, Any]) -> dict[str, Any]:
        options = self.call_options(step)
        match step["do"]:
            case "pay":
                client.payment.PayWithBillingKey(self.pay(step.get("amount", 1000)), **options)
            case "refund":
                client.payment.CancelPayment(self.refund(), **options)
            case "get":
                return self.got(client.payment.GetPayment(self.get(step), **options))
            case "list" | "listByCursor":
                seen: set[str | None] = set()
                for payment in self.list(client, step):
                    if step.get("payAfterFirstItem") and not seen:
                        client.payment.PayWithBillingKey(self.pay())
                    seen.add(view(payment).id)
                return {"items": len(seen)}
        return {}

    def list(self, client: Client, step: dict[str, Any]) -> Any:
        if step["do"] == "list":
            yield from paginate(client.payment.GetPayments, v2.GetPaymentsRequest(page=v2.PageInput(size=step["size"])))
            return
        for item in paginate(client.payment.GetAllPaymentsByCursor, v2.GetAllPaymentsByCursorRequest(size=step["size"])):
            yield item.payment

    # The asynchronous client.
    async def run_async(self, step: dict[str, Any]) -> dict[str, Any]:
        async with AsyncClient(self.bench.target, **self.options(step)) as client:
            task = asyncio.ensure_future(self.do_async(client, step))
            if step.get("cancelOnArrival"):
                await asyncio.to_thread(self.bench.call, "GET", "/arrived")
                task.cancel()
            try:
                return await task
            except Error as e:
                return self.failed(e)
            except asyncio.CancelledError:
                return {"class": "cancelled"}

    async def do_async(self, client: AsyncClient, step: dict[str, Any]) -> dict[str, Any]:
        options = self.call_options(step)
        match step["do"]:
            case "pay":
                await client.payment.PayWithBillingKey(self.pay(step.get("amount", 1000)), **options)
            case "refund":
                await client.payment.CancelPayment(self.refund(), **options)
            case "get":
                return self.got(await client.payment.GetPayment(self.get(step), **options))
            case "list":
                seen: set[str | None] = set()
                request = v2.GetPaymentsRequest(page=v2.PageInput(size=step["size"]))
                async for payment in aio_paginate(client.payment.GetPayments, request):
                    if step.get("payAfterFirstItem") and not seen:
                        await client.payment.PayWithBillingKey(self.pay())
                    seen.add(view(payment).id)
                return {"items": len(seen)}
            case "listByCursor":
                cursor = v2.GetAllPaymentsByCursorRequest(size=step["size"])
                return {"items": len([item async for item in aio_paginate(client.payment.GetAllPaymentsByCursor, cursor)])}
        return {}


def contains(got: Any, want: Any) -> bool:
    """Whether a value is as wanted; of an object, the members that are wanted."""
    if isinstance(want, dict):
        return isinstance(got, dict) and all(contains(got.get(name), value) for name, value in want.items())
    return bool(got == want)


def check(step: dict[str, Any], got: dict[str, Any]) -> None:
    want = {} if step["want"] == "ok" else step["want"]
    assert ("class" in got) == ("class" in want), got
    for name, value in want.items():
        assert contains(got.get(name), value), f"{name} is {got.get(name)}, want {value}; all: {got}"


@pytest.mark.parametrize("kind", ["sync", "aio"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["name"] for s in SCENARIOS])
def test_scenario(bench: Bench, scenario: dict[str, Any], kind: str) -> None:
    runner = Runner(bench)
    for step in scenario["calls"]:
        check(step, runner.run(step) if kind == "sync" else asyncio.run(runner.run_async(step)))
    got, want = bench.call("GET", "/result"), scenario["want"]
    print(f"{kind} {scenario['name']}: {got}")
    assert (got["charges"], got["refunds"]) == (want["charges"], want["refunds"]), got
    assert got["keys"] == want.get("keys", got["keys"]), got
    if "attempts" in want:
        least, most = want["attempts"] if isinstance(want["attempts"], list) else (want["attempts"], want["attempts"])
        assert least <= got["attempts"] <= most, got
