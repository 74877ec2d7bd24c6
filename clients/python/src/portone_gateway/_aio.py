"""The interceptors of AsyncClient."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
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
        try:
            asking = Asking(self._options, details, request)
        except _errors.Error as refused:
            return _FailedCall(refused)
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
                return _FailedCall(failure if unknown is None else unknown)
            if wait is None:
                return _FailedCall(error)
            await asyncio.sleep(wait)


class _FailedCall(grpc.aio.UnaryUnaryCall):  # type: ignore[misc, type-arg, unused-ignore]
    """A call that has failed. It is returned, not raised: grpc.aio asks what an interceptor raises for nothing but AioRpcError."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __await__(self) -> Generator[Any, None, Any]:
        if False:
            yield
        raise self._error

    def done(self) -> bool:
        return True

    def cancelled(self) -> bool:
        return False

    def cancel(self) -> bool:
        return False

    def time_remaining(self) -> float | None:
        return None

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        callback(self)

    async def initial_metadata(self) -> Any:
        return self._of_cause("initial_metadata", grpc.aio.Metadata())

    async def trailing_metadata(self) -> Any:
        return self._of_cause("trailing_metadata", grpc.aio.Metadata())

    async def code(self) -> grpc.StatusCode:
        return self._error.code if isinstance(self._error, _errors.Error) else grpc.StatusCode.UNKNOWN

    async def details(self) -> str:
        return self._error.message if isinstance(self._error, _errors.Error) else ""

    async def debug_error_string(self) -> str:
        return str(self._of_cause("debug_error_string", ""))

    async def wait_for_connection(self) -> None:
        raise self._error

    def _of_cause(self, name: str, otherwise: Any) -> Any:
        cause = self._error.__cause__
        return getattr(cause, name)() if isinstance(cause, grpc.aio.AioRpcError) else otherwise


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
