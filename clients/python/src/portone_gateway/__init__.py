"""Client of portone-gateway: PortOne by gRPC, so that nobody is charged twice.

    from portone_gateway import Client, OutcomeUnknownError, v2

    client = Client("127.0.0.1:9090")
    payment = client.payment.GetPayment(v2.GetPaymentRequest(payment_id="order-1"))

Every mutation gets an idempotency key before its first attempt and never another. While
the outcome is unknown it is asked again with that key, for a minute or until the call's
timeout; then OutcomeUnknownError is raised, with the key. AsyncClient is the same for
asyncio. `v2` has every message and enum of the contract.
"""

from ._client import AsyncClient, Client
from ._credentials import Credentials, gateway_key, mutual_tls, token, token_file
from ._errors import DeclinedError, Error, OutcomeUnclearError, OutcomeUnknownError, Retry
from ._gen.lists import aio_paginate, paginate
from ._key import new_key, with_key
from ._pages import TooDeepError
from ._payment import PaymentView, view

__all__ = [
    "AsyncClient",
    "Client",
    "Credentials",
    "DeclinedError",
    "Error",
    "OutcomeUnclearError",
    "OutcomeUnknownError",
    "PaymentView",
    "Retry",
    "TooDeepError",
    "aio_paginate",
    "gateway_key",
    "mutual_tls",
    "new_key",
    "paginate",
    "token",
    "token_file",
    "view",
    "with_key",
]
