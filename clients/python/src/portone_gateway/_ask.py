"""Asking again: what the synchronous and the asynchronous interceptor share."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import grpc

from . import _errors
from ._credentials import Credentials
from ._gen import rules
from ._key import Metadata, keyed

_FIRST = rules.ASKING["firstWaitMs"] / 1e3
_LONGEST = rules.ASKING["longestWaitMs"] / 1e3
_LEAST_LEFT = rules.ASKING["leastLeftMs"] / 1e3


class Options(NamedTuple):
    """How a client asks."""

    ask_again_for: float
    attempt_timeout: float
    credentials: Credentials | None


class Details(NamedTuple):
    """The details of a call as grpc and grpc.aio take them back from an interceptor."""

    method: Any
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any = None


def path_of(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method


def is_ours(method: str | bytes) -> bool:
    path = path_of(method)
    return path in rules.MUTATIONS or path in rules.READS


class Asking:
    """One call: its key, its time, and what its attempts have left open."""

    def __init__(self, options: Options, details: Any, request: Any) -> None:
        self._options, self._details, self._request = options, details, request
        self._deadline = None if details.timeout is None else time.monotonic() + details.timeout
        self._give_up: float | None = None
        self._attempt = 0
        self._unknown = False
        self._mutation = path_of(details.method) in rules.MUTATIONS
        self._metadata: Metadata = tuple(_pairs(details.metadata))
        self.key = ""
        if not self._mutation:
            return
        try:
            self._metadata, self.key = keyed(self._metadata)
        except ValueError as problem:
            error = _errors.Error(grpc.StatusCode.INVALID_ARGUMENT, str(problem))
            raise _errors.judge(error, _errors.Sent(True, not_sent=True)) from None

    def details(self, authorization: str | None) -> Details:
        """The details of the next attempt."""
        d = self._details
        metadata = self._metadata
        if authorization is not None:
            metadata = (*metadata, (rules.METADATA["authorization"], authorization))
        now = time.monotonic()
        ends = [now + self._options.attempt_timeout, *(end for end in (self._deadline, self._give_up) if end is not None)]
        return Details(d.method, max(min(ends) - now, 0.001), metadata, d.credentials, d.wait_for_ready, getattr(d, "compression", None))

    def failed(self, failure: Any) -> tuple[_errors.Error, float | None]:
        """What a failed attempt comes to: the error, and how long to wait before the next attempt; None: there is none."""
        not_sent = self._unencodable()
        error = _errors.from_rpc(failure, _errors.Sent(self._mutation, self.key, not_sent=not_sent))
        again = error.asks_again
        if self._mutation and not not_sent and not error.tells_outcome:
            self._unknown = self._unknown or error.outcome_unknown
            if self._unknown:
                error = _errors.stays_unknown(error)
        wait = self._wait(error.retry_after) if again else None
        self._attempt += 1
        return error, wait

    def interrupted(self, cause: BaseException) -> _errors.Error | None:
        """The error of a call that a local failure ends, such as a channel that was closed, after an attempt that is open; else None."""
        if not self._unknown:
            return None
        error = _errors.Error(grpc.StatusCode.UNAVAILABLE, "the client was closed before the outcome was known")
        error.idempotency_key, error.__cause__ = self.key, cause
        return _errors.stays_unknown(error)

    def _unencodable(self) -> bool:
        """Whether the request never left, since it cannot be written: grpcio calls that INTERNAL, like a stream that breaks."""
        try:
            self._request.SerializeToString()
        except Exception:
            return True
        return False

    def _wait(self, retry_after: float) -> float | None:
        if self._options.ask_again_for <= 0:
            return None
        now = time.monotonic()
        if self._give_up is None:
            self._give_up = now + self._options.ask_again_for
        if retry_after > 0:
            wait = retry_after * random.uniform(1, 1.1)
        else:
            wait = random.uniform(0, min(_LONGEST, _FIRST * 2 ** min(self._attempt, 10)))
        end = self._give_up if self._deadline is None else min(self._give_up, self._deadline)
        return None if now + wait + _LEAST_LEFT > end else wait


def _pairs(metadata: Iterable[Any] | None) -> Iterable[tuple[str, str | bytes]]:
    for item in metadata or ():
        name, value = item
        yield name, value
