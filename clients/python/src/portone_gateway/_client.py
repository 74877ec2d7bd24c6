"""Clients of the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from . import _aio, _sync
from ._ask import Options
from ._credentials import Credentials, is_local
from ._gen import rules
from ._gen.services import AsyncServices, Services

_CHANNEL_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("grpc.enable_retries", 0),  # asking again is done here, with the key and in time
    ("grpc.max_receive_message_length", 32 << 20),  # the gateway's own limit
    ("grpc.initial_reconnect_backoff_ms", rules.ASKING["firstWaitMs"]),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", rules.ASKING["longestWaitMs"]),
)


def _checked(target: str, credentials: Credentials | None, tls: Any, allow_plaintext: bool, attempt_timeout: float) -> None:
    if credentials is not None and tls is None and not allow_plaintext and not is_local(target):
        raise ValueError("credentials would go to another machine in clear text: set tls or, behind a mesh, allow_plaintext=True")
    if attempt_timeout <= 0:
        raise ValueError("attempt_timeout must be more than 0 seconds")


class Client(Services):
    """A client of the gateway, safe for use by many threads. Make it after a fork, such as in each worker of gunicorn.

    target: host:port, dns:///name:port or unix:///path.
    credentials: gateway_key(...), token(...) or token_file(...); over plaintext to loopback and unix sockets only, unless allow_plaintext.
    tls: grpc.ssl_channel_credentials(...) or mutual_tls(...); None for plaintext, as to a sidecar.
    ask_again_for: seconds for which a call is asked again after its first failure; 0: not at all.
    attempt_timeout: seconds that one attempt may take; the gateway waits 60 for PortOne.
    options, interceptors: further ones of grpc's; interceptors see each attempt.
    """

    def __init__(
        self,
        target: str = "127.0.0.1:9090",
        *,
        credentials: Credentials | None = None,
        tls: grpc.ChannelCredentials | None = None,
        allow_plaintext: bool = False,
        ask_again_for: float = rules.ASKING["askAgainForMs"] / 1e3,
        attempt_timeout: float = rules.ASKING["attemptMs"] / 1e3,
        options: Sequence[tuple[str, Any]] = (),
        interceptors: Sequence[Any] = (),
    ) -> None:
        _checked(target, credentials, tls, allow_plaintext, attempt_timeout)
        channel_options = (*_CHANNEL_OPTIONS, *options)
        if tls is None:
            self._plain = grpc.insecure_channel(target, channel_options)
        else:
            self._plain = grpc.secure_channel(target, tls, channel_options)
        interceptor = _sync.Interceptor(Options(ask_again_for, attempt_timeout, credentials))
        self._channel = grpc.intercept_channel(self._plain, interceptor, *interceptors)

    @property
    def channel(self) -> grpc.Channel:
        """The channel, for stubs of one's own."""
        return self._channel

    def close(self) -> None:
        """Ends the connections. Calls that are being made fail."""
        self._plain.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(AsyncServices):
    """Client for asyncio: made and used in one event loop. The arguments are those of Client."""

    def __init__(
        self,
        target: str = "127.0.0.1:9090",
        *,
        credentials: Credentials | None = None,
        tls: grpc.ChannelCredentials | None = None,
        allow_plaintext: bool = False,
        ask_again_for: float = rules.ASKING["askAgainForMs"] / 1e3,
        attempt_timeout: float = rules.ASKING["attemptMs"] / 1e3,
        options: Sequence[tuple[str, Any]] = (),
        interceptors: Sequence[Any] = (),
    ) -> None:
        _checked(target, credentials, tls, allow_plaintext, attempt_timeout)
        asking = Options(ask_again_for, attempt_timeout, credentials)
        chain = [_aio.Interceptor(asking), _aio.StreamInterceptor(asking), *interceptors]
        channel_options = (*_CHANNEL_OPTIONS, *options)
        if tls is None:
            self._channel = grpc.aio.insecure_channel(target, channel_options, interceptors=chain)
        else:
            self._channel = grpc.aio.secure_channel(target, tls, channel_options, interceptors=chain)

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel, for stubs of one's own."""
        return self._channel

    async def close(self) -> None:
        """Ends the connections. Calls that are being made fail."""
        await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
