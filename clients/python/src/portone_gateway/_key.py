"""Idempotency keys."""

import re
import secrets
from collections.abc import Iterable

from ._gen import rules

Metadata = tuple[tuple[str, str | bytes], ...]

NAME: str = rules.METADATA["idempotencyKey"]


def new_key() -> str:
    """An idempotency key: 26 letters and digits of base 32.

    Keep it before the call that it is for, where that has to be asked again after a restart of
    the program. PortOne remembers keys for three hours.
    """
    return "".join(secrets.choice(rules.KEY_ALPHABET) for _ in range(rules.KEY_LENGTH))


def with_key(key: str, *more: tuple[str, str | bytes]) -> Metadata:
    """Metadata of a call with a key: client.payment.PayWithBillingKey(request, metadata=with_key(key))."""
    return ((NAME, key), *more)


def keyed(metadata: Iterable[tuple[str, str | bytes]] | None) -> tuple[Metadata, str]:
    """The metadata of a mutation with a key in it, and the key without quotes.

    Raises ValueError, without the key in its text, if there is one that PortOne would refuse.
    """
    items: Metadata = tuple((name, value) for name, value in metadata or ())
    given = [value for name, value in items if name.lower() == NAME]
    if not given:
        key = new_key()
        return (*items, (NAME, key)), key
    if len(given) > 1:
        raise ValueError(f"{NAME} is given more than once")
    text = given[0] if isinstance(given[0], str) else given[0].decode("latin-1")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not re.fullmatch(rules.KEY_PATTERN.removeprefix("^").removesuffix("$"), text):
        raise ValueError(
            f"{NAME} has {len(text)} characters; it must have 16 to 256, printable ASCII without quotes and backslashes, no space at an end"
        )
    return items, text
