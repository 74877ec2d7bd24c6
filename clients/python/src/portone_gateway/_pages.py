"""Lists by page and by cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from google.protobuf.message import Message

from ._gen import rules

_REACH: int = rules.PAGES["maxReach"]


class TooDeepError(Exception):
    """The list goes on beyond the 60,000th object, which PortOne does not give by page. Narrow the filter, or list by cursor."""


def paginate(call: Callable[..., Any], request: Any, **call_options: Any) -> Iterator[Any]:
    """Calls an RPC that lists until the list is over, one part when the one before is used up.

        for payment in paginate(client.payment.GetPayments, v2.GetPaymentsRequest()): ...

    The request is not changed; it may say where to begin and how many objects a part has (100
    unless given). Where it has an end of the range of time, and none is set, it is set to the time
    of this machine, so that objects which come meanwhile do not shift the pages; those that change
    meanwhile, so that the filter sees them elsewhere, can be missed: list by cursor where none may be.
    """
    place = _Place(request)
    more = True
    while more:
        part = call(place.request, **call_options)
        items = place.items(part)
        yield from items
        more = place.next(part, items)


async def aio_paginate(call: Callable[..., Any], request: Any, **call_options: Any) -> AsyncIterator[Any]:
    """paginate for AsyncClient: async for payment in aio_paginate(client.payment.GetPayments, v2.GetPaymentsRequest())."""
    place = _Place(request)
    more = True
    while more:
        part = await call(place.request, **call_options)
        items = place.items(part)
        for item in items:
            yield item
        more = place.next(part, items)


class _Place:
    """Where in a list a request is."""

    def __init__(self, request: Message) -> None:
        name = request.DESCRIPTOR.full_name
        if name not in rules.LISTS:
            raise TypeError(f"{name} is no request of a list")
        self._number, self._size, self._cursor, until, self._items, self._endless = rules.LISTS[name]
        self.request: Any = type(request)()
        self.request.CopyFrom(request)
        owner, field = _owner(self.request, self._size)
        if not owner.HasField(field):
            setattr(owner, field, rules.PAGES["defaultSize"])
        self._each: int = getattr(owner, field)
        if self._each < 1:
            raise ValueError(f"a page has at least 1 object, not {self._each}")
        self._at: int = 0
        if self._number:
            owner, field = _owner(self.request, self._number)
            self._at = getattr(owner, field)
        if until:
            owner, field = _owner(self.request, until)
            if not owner.HasField(field):
                getattr(owner, field).GetCurrentTime()

    def items(self, part: Any) -> Any:
        return getattr(part, self._items)

    def next(self, part: Any, items: Any) -> bool:
        """Goes on behind a part; whether the list may go on there."""
        if self._cursor:
            return self._behind(items)
        seen = self._at * self._each + len(items)
        total: int = part.page.total_count
        if len(items) < self._each:
            if items and seen < total:
                left = f"{len(items)} of {self._each} objects, and {total - seen} are said to follow"
                raise ValueError(f"page {self._at} has {left}: is the size too large?")
            return False
        if (self._at + 2) * self._each > _REACH:
            if seen == total:
                return False
            hint = f"; {self._endless.rsplit('/', 1)[1]} has no limit" if self._endless else ""
            raise TooDeepError(f"PortOne gives no more than {_REACH} objects by page, {seen} have been read: narrow the filter{hint}")
        self._at += 1
        owner, field = _owner(self.request, self._number)
        setattr(owner, field, self._at)
        return True

    def _behind(self, items: Any) -> bool:
        if not items:
            return False
        cursor: str = items[-1].cursor
        if not cursor or cursor == getattr(self.request, self._cursor):
            raise ValueError("the cursor does not move: the list would have no end")
        setattr(self.request, self._cursor, cursor)
        return True


def _owner(request: Any, path: str) -> tuple[Any, str]:
    """The message that has the last field of a path, and that field."""
    *parents, field = path.split(".")
    for parent in parents:
        request = getattr(request, parent)
    return request, field
