"""Runs examples/biller.py against a sandbox."""

import os
import pathlib
import subprocess
import sys

from portone_gateway import Client, v2
from portone_gateway.testing import Sandbox

BILLER = pathlib.Path(__file__).parents[1] / "examples/biller.py"


def billing_key(client: Client, card: str) -> str:
    credential = v2.CardCredential(number=card, expiry_year="99", expiry_month="12")
    method = v2.InstantBillingKeyPaymentMethodInput(card=v2.InstantBillingKeyPaymentMethodInputCard(credential=credential))
    request = v2.IssueBillingKeyRequest(channel_key="channel-key-sandbox", customer=v2.CustomerInput(id="c-1"), method=method)
    return client.billing_key.IssueBillingKey(request).billing_key_info.billing_key


def run(sandbox: Sandbox, month: str, subscriptions: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, str(BILLER), month],
        input=subscriptions,
        capture_output=True,
        text=True,
        env={**os.environ, "PORTONE_GATEWAY_TARGET": sandbox.target},
        check=False,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def test_biller(portone_sandbox: Sandbox, portone_client: Client) -> None:
    good, second = billing_key(portone_client, "4242424242424242"), billing_key(portone_client, "4000000000000341")
    subscriptions = f"s-1,{good},9900\ns-2,{second},4900\ns-3,no-such-key,1000\n"
    before = portone_sandbox.counters()["payment.charged"]
    status, lines = run(portone_sandbox, "2026-11", subscriptions)
    assert (status, lines[:2]) == (1, ["s-1 paid", "s-2 paid"]) and lines[2].startswith("s-3 open: NOT_FOUND")
    again, repeated = run(portone_sandbox, "2026-11", subscriptions)
    assert (again, repeated[:2]) == (status, lines[:2])
    assert portone_sandbox.counters()["payment.charged"] == before + 2
    status, lines = run(portone_sandbox, "2026-12", f"s-1,{good},9900\ns-2,{second},4900\n")
    assert status == 0 and lines[0] == "s-1 paid" and lines[1].startswith("s-2 declined: ")
    assert portone_sandbox.counters()["payment.charged"] == before + 3
