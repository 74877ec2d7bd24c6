"""The interceptors of AsyncClient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio

from . import _errors
from ._ask import Asking, Options, is_ours


class _Failure:
    """A failed call of grpc.aio with the methods of grpc.Call."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self.code, self.details = error.code, error.details
        self.initial_metadata, self.trailing_metadata = error.initial_metadata, error.trailing_metadata


def _details(asking: Asking, authorization: str | None, **changed: Any) -> grpc.aio.ClientCallDetails:
    d = asking.details(authorization)._replace(**changed)
    return grpc.aio.ClientCallDetails(d.method, d.timeout, grpc.aio.Metadata(*d.metadata), d.credentials, d.wait_for_ready)


class Interceptor(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """Asks again."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def _authorization(self) -> str | None:
        if self._options.credentials is None:
            return None
        return await asyncio.to_thread(self._options.credentials.authorization)

    async def intercept_unary_unary(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        if not is_ours(details.method):
            return await continuation(details, request)
        asking = Asking(self._options, details, request)
        while True:
            try:
                call = await continuation(_details(asking, await self._authorization()), request)
                await call
                return call
            except grpc.aio.AioRpcError as failure:
                error, wait = asking.failed(_Failure(failure))
                error.__cause__ = failure
            except Exception as failure:
                unknown = asking.interrupted(failure)
                if unknown is None:
                    raise
                raise unknown from failure
            if wait is None:
                raise error
            await asyncio.sleep(wait)


class StreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """Makes the errors of files in pieces, which are not asked for again, since a part may have arrived."""

    def __init__(self, options: Options) -> None:
        self._unary = Interceptor(options)

    async def intercept_unary_stream(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        if not is_ours(details.method):
            return await continuation(details, request)
        asking = Asking(self._unary._options, details, request)
        own = _details(asking, await self._unary._authorization(), timeout=details.timeout)
        return _pieces(await continuation(own, request))


async def _pieces(call: Any) -> AsyncIterator[Any]:
    try:
        async for piece in call:
            yield piece
    except grpc.aio.AioRpcError as failure:
        raise _errors.from_rpc(_Failure(failure), _errors.Sent(False)) from failure
