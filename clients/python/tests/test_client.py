import asyncio
import gc
import pathlib
import pickle
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

import portone_gateway as pg
from portone_gateway import v2
from portone_gateway._credentials import is_local
from portone_gateway._key import keyed
from portone_gateway.testing import Sandbox, fault

SIXTEEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("given", "want"),
    [
        (SIXTEEN, SIXTEEN),
        (f'"{SIXTEEN}"', SIXTEEN),
        ("a key of sixteen", "a key of sixteen"),
        ("x" * 256, "x" * 256),
        ("short", None),
        ("x" * 257, None),
        (f'"{SIXTEEN}', None),
        ("\\" + SIXTEEN, None),
        (SIXTEEN + " ", None),
        (SIXTEEN + "é", None),
        (SIXTEEN + "\n", None),
        ("", None),
        ('"', None),
    ],
)
def test_keys(given: str, want: str | None) -> None:
    if want is None:
        with pytest.raises(ValueError, match="idempotency-key") as refused:
            keyed(pg.with_key(given))
        assert not given or len(given) < 3 or given not in str(refused.value)
    else:
        assert keyed(pg.with_key(given)) == ((("idempotency-key", given),), want)


def test_new_keys() -> None:
    metadata, key = keyed([("x", "y")])
    assert metadata == (("x", "y"), ("idempotency-key", key)) and len(key) == 26 and key != pg.new_key()
    with pytest.raises(ValueError, match="more than once"):
        keyed([("idempotency-key", SIXTEEN), ("Idempotency-Key", SIXTEEN)])


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("127.0.0.1:9090", True),
        ("localhost:9090", True),
        ("[::1]:9090", True),
        ("[::ffff:127.0.0.1]:9090", True),
        ("dns:///localhost:9090", True),
        ("unix:///run/gateway.sock", True),
        ("gateway:9090", False),
        ("10.0.0.1:9090", False),
        ("127.0.0.1.example:9090", False),
        ("localhost.example:9090", False),
        ("", False),
    ],
)
def test_credentials_stay_on_this_machine(target: str, local: bool) -> None:
    assert is_local(target) == local
    if not local:
        with pytest.raises(ValueError, match="clear text"):
            pg.Client(target, credentials=pg.gateway_key("pgw_1"))
    pg.Client(target or "x", credentials=pg.gateway_key("pgw_1"), allow_plaintext=True).close()


def test_credentials(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    renewed = pg.token_file(file)
    assert renewed.authorization() == "Bearer first"
    file.write_text("second")
    assert renewed.authorization() == "Bearer second"
    key = pg.gateway_key("pgw_secret")
    assert key.authorization() == "PortOne pgw_secret" and "secret" not in repr(key) + str(key)
    for bad in ("", "pgw_1\n", "pgw é"):
        with pytest.raises(ValueError, match="cannot stand"):
            pg.gateway_key(bad).authorization()


def partners(n: int, most: int = 1000, total: int | None = None) -> Any:
    def call(request: v2.GetPlatformPartnersRequest) -> Any:
        begin = min(n, request.page.size * request.page.number)
        end = min(n, begin + request.page.size, begin + most)
        return SimpleNamespace(items=list(range(begin, end)), page=SimpleNamespace(total_count=n if total is None else total))

    return call


@pytest.mark.parametrize(
    ("n", "size", "number", "want"),
    [
        (0, None, 0, 0),
        (99, None, 0, 99),
        (100, None, 0, 100),
        (250, None, 0, 250),
        (250, None, 1, 150),
        (25, 10, 0, 25),
        (60_000, 1000, 0, 60_000),
    ],
)
def test_pages(n: int, size: int | None, number: int, want: int) -> None:
    request = v2.GetPlatformPartnersRequest()
    if number:
        request.page.number = number
    if size:
        request.page.size = size
    before = v2.GetPlatformPartnersRequest()
    before.CopyFrom(request)
    assert len(list(pg.paginate(partners(n), request))) == want
    assert request == before


def test_pages_end_with_an_error_rather_than_too_early() -> None:
    deep = v2.GetPlatformPartnersRequest(page=v2.PageInput(size=1000))
    seen = 0
    with pytest.raises(pg.TooDeepError, match="60000"):
        for _ in pg.paginate(partners(60_001), deep):
            seen += 1
    assert seen == 60_000
    with pytest.raises(ValueError, match="too large"):
        list(pg.paginate(partners(250, most=50), v2.GetPlatformPartnersRequest()))
    with pytest.raises(ValueError, match="at least 1"):
        list(pg.paginate(partners(250), v2.GetPlatformPartnersRequest(page=v2.PageInput(size=0))))
    assert len(list(pg.paginate(partners(250, total=3), v2.GetPlatformPartnersRequest()))) == 250

    def still(_: Any) -> Any:
        return SimpleNamespace(items=[SimpleNamespace(cursor="same")])

    with pytest.raises(ValueError, match="does not move"):
        list(pg.paginate(still, v2.GetAllPaymentsByCursorRequest()))
    with pytest.raises(TypeError, match="no request of a list"):
        list(pg.paginate(still, v2.GetPaymentRequest()))  # type: ignore[call-overload]


def test_the_end_is_set_once() -> None:
    ends = []

    def call(request: v2.GetPaymentsRequest) -> Any:
        ends.append(request.filter.until.ToNanoseconds())
        return SimpleNamespace(items=[0] * (100 if len(ends) < 3 else 1), page=SimpleNamespace(total_count=201))

    assert len(list(pg.paginate(call, v2.GetPaymentsRequest()))) == 201
    assert len(set(ends)) == 1 and ends[0] > 0


def test_every_status() -> None:
    for case in v2.Payment.DESCRIPTOR.oneofs_by_name["status"].fields:
        payment = v2.Payment()
        inner = getattr(payment, case.name)
        inner.id, inner.amount.total, inner.currency, inner.customer.id = "p-1", 1000, v2.CURRENCY_KRW, "c-1"
        p = pg.view(payment)
        assert p.amount is not None and p.customer is not None
        assert (p.id, p.amount.total, p.currency, p.customer.id) == ("p-1", 1000, v2.CURRENCY_KRW, "c-1")
        assert p.status != v2.PAYMENT_STATUS_UNSPECIFIED and p.status_text and p.channel is None and p.failure is None
    tomorrow = pg.view(v2.Payment(unrecognized={"status": '"FROZEN"'}))
    assert (tomorrow.status, tomorrow.status_text, tomorrow.amount, tomorrow.id) == (v2.PAYMENT_STATUS_UNSPECIFIED, "FROZEN", None, None)
    for text in ("7", "nonsense", ""):
        assert pg.view(v2.Payment(unrecognized={"status": text})).status_text == ""
    failed = pg.view(v2.Payment(failed=v2.FailedPayment(failure=v2.PaymentFailure(pg_code="EXCEED_MAX_AMOUNT"))))
    assert failed.failure is not None and failed.failure.pg_code == "EXCEED_MAX_AMOUNT"
    assert len(pg.view(v2.Payment(cancelled=v2.CancelledPayment(cancellations=[v2.PaymentCancellation()]))).cancellations) == 1


def test_the_contract_by_its_names() -> None:
    assert v2.GetPaymentRequest(payment_id="x").payment_id == "x" and "GetPaymentRequest" in dir(v2)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = v2.Nothing  # type: ignore[attr-defined]
    message = v2.GetPaymentRequest(payment_id="x")
    assert pickle.loads(pickle.dumps(message)) == message


def test_services_are_imported_when_used() -> None:
    code = "import sys, portone_gateway as p; p.Client('127.0.0.1:1'); print([m for m in sys.modules if m.endswith('_pb2_grpc')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"


def test_sandbox(portone_sandbox: Sandbox, portone_client: pg.Client) -> None:
    payment = portone_client.payment.GetPayment(v2.GetPaymentRequest(payment_id="demo-payment-1"))
    amount = pg.view(payment).amount
    assert amount is not None and amount.total == 25_000
    with pytest.raises(pg.Error) as failed:
        portone_client.payment.GetPayment(v2.GetPaymentRequest(payment_id="demo-payment-1"), metadata=(fault("error=FORBIDDEN"),))
    assert failed.value.type == "FORBIDDEN" and failed.value.request_id and isinstance(failed.value.__cause__, grpc.RpcError)
    assert "demo-payment-1" not in str(failed.value)
    before = portone_sandbox.counters()["payment.charged"]
    portone_sandbox.advance(timedelta(days=61))
    assert portone_sandbox.counters()["payment.charged"] > before
    assert portone_sandbox.webhooks() is not None


def test_futures_and_with_call(portone_client: pg.Client) -> None:
    request = v2.GetPaymentRequest(payment_id="demo-payment-1")
    _, call = portone_client.payment.GetPayment.with_call(request)
    assert call.code() is grpc.StatusCode.OK
    assert pg.view(portone_client.payment.GetPayment.future(request).result()).id == "demo-payment-1"
    with pytest.raises(pg.Error):
        portone_client.payment.GetPayment.future(v2.GetPaymentRequest(payment_id="not-there")).result()


def test_streams(portone_sandbox: Sandbox, portone_client: pg.Client) -> None:
    request = v2.DownloadPlatformTransferSheetRequest()
    bad = (fault("error=FORBIDDEN"),)
    assert b"".join(piece.data for piece in portone_client.platform_transfer.DownloadPlatformTransferSheet(request))
    with pytest.raises(pg.Error) as failed:
        list(portone_client.platform_transfer.DownloadPlatformTransferSheet(request, metadata=bad))
    assert failed.value.type == "FORBIDDEN"

    async def run() -> None:
        async with pg.AsyncClient(portone_sandbox.target) as client:
            pieces = [piece.data async for piece in client.platform_transfer.DownloadPlatformTransferSheet(request)]
            assert b"".join(pieces)
            with pytest.raises(pg.Error) as failed:
                async for _ in client.platform_transfer.DownloadPlatformTransferSheet(request, metadata=bad):
                    pass
            assert failed.value.type == "FORBIDDEN"

    asyncio.run(run())


def test_many_at_once(portone_sandbox: Sandbox) -> None:
    async def run() -> int:
        async with pg.AsyncClient(portone_sandbox.target) as client:
            request = v2.GetPaymentRequest(payment_id="demo-payment-1")
            payments = await asyncio.gather(*(client.payment.GetPayment(request) for _ in range(200)))
            return sum(pg.view(p).id == "demo-payment-1" for p in payments)

    assert asyncio.run(run()) == 200


def test_failed_async_calls_are_whole(portone_sandbox: Sandbox) -> None:
    async def run() -> None:
        async with pg.AsyncClient(portone_sandbox.target) as client:
            call: Any = client.payment.GetPayment(v2.GetPaymentRequest(payment_id="not-there"))
            with pytest.raises(pg.Error) as failed:
                await call
            assert failed.value.request_id and await call.code() is grpc.StatusCode.NOT_FOUND
            assert call.done() and not call.cancelled() and not call.cancel() and await call.details() == failed.value.message
            assert await call.trailing_metadata() is not None
            with pytest.raises(pg.Error, match="idempotency-key has 5 characters"):
                await client.payment.CancelPayment(v2.CancelPaymentRequest(payment_id="p-1"), metadata=pg.with_key("short"))

    asyncio.run(run())
    gc.collect()
