"""The interceptor of Client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

from . import _errors
from ._ask import Asking, Options, is_ours


class Interceptor(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc, type-arg, unused-ignore]
    """Asks again. A call by stub.Method.future blocks like any other: use threads, or AsyncClient."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def _authorization(self) -> str | None:
        return None if self._options.credentials is None else self._options.credentials.authorization()

    def intercept_unary_unary(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        if not is_ours(details.method):
            return continuation(details, request)
        asking = Asking(self._options, details, request)
        while True:
            try:
                call = continuation(asking.details(self._authorization()), request)
                call.result()
                return call
            except grpc.RpcError as failure:
                error, wait = asking.failed(failure)
            except Exception as failure:
                unknown = asking.interrupted(failure)
                if unknown is None:
                    raise
                raise unknown from failure
            if wait is None:
                raise error
            time.sleep(wait)

    def intercept_unary_stream(self, continuation: Callable[[Any, Any], Any], details: Any, request: Any) -> Any:
        """Files in pieces are not asked for again, since a part may have arrived; their errors are made."""
        if not is_ours(details.method):
            return continuation(details, request)
        asking = Asking(self._options, details, request)
        own = asking.details(self._authorization())._replace(timeout=details.timeout)
        return _Stream(continuation(own, request))


class _Stream:
    """A stream whose errors are Errors; all else is the stream's own."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._call)
        except grpc.RpcError as failure:
            raise _errors.from_rpc(failure, _errors.Sent(False)) from failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)
