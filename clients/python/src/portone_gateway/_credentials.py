"""Who calls the gateway."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path

import grpc


class Credentials:
    """Says who calls, anew before each attempt. The repr does not show what is secret."""

    def __init__(self, scheme: str, read: Callable[[], str]) -> None:
        self._scheme, self._read = scheme, read

    def __repr__(self) -> str:
        return "Credentials([redacted])"

    def authorization(self) -> str:
        """The value of the metadata `authorization`. The text of the ValueError does not show it."""
        secret = self._read()
        if not re.fullmatch(r"[!-~]+", secret):
            raise ValueError("the key or token is empty, or has a character that cannot stand in metadata")
        return f"{self._scheme} {secret}"


def gateway_key(key: str) -> Credentials:
    """Identifies the caller by a key that the gateway knows, pgw_..."""
    return Credentials("PortOne", lambda: key)


def token(read: Callable[[], str]) -> Credentials:
    """Identifies the caller by a JWT, which is asked for before each attempt: keep it for as long as it is valid."""
    return Credentials("Bearer", read)


def token_file(path: str | Path) -> Credentials:
    """Identifies the caller by a JWT in a file that somebody renews, such as a service account's in Kubernetes."""
    return token(lambda: Path(path).read_text().strip())


def mutual_tls(certificate: str | Path, key: str | Path, ca: str | Path | None = None) -> grpc.ChannelCredentials:
    """TLS on which the caller shows a certificate, too. Files in PEM; ca: who may sign the gateway's, None for those of the system."""
    return grpc.ssl_channel_credentials(
        root_certificates=None if ca is None else Path(ca).read_bytes(),
        private_key=Path(key).read_bytes(),
        certificate_chain=Path(certificate).read_bytes(),
    )


def is_local(target: str) -> bool:
    """Whether a target is on this machine."""
    if target.startswith(("unix:", "unix-abstract:")):
        return True
    host = target.rsplit("/", 1)[-1]
    if ":" in host and not host.endswith("]"):
        host = host.rsplit(":", 1)[0]
    host = host.strip("[]")
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
