"""Fixtures of pytest: portone_sandbox, fresh for each test, and portone_client, a Client of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from portone_gateway import Client
    from portone_gateway.testing import Sandbox


@pytest.fixture(scope="session")
def portone_sandbox_process() -> Iterator[Sandbox]:
    """One gateway with a sandbox for the whole run."""
    from portone_gateway.testing import Sandbox

    with Sandbox.start() as sandbox:
        yield sandbox


@pytest.fixture
def portone_sandbox(portone_sandbox_process: Sandbox) -> Sandbox:
    """The sandbox, with nothing but the objects of the demo in it."""
    portone_sandbox_process.reset()
    return portone_sandbox_process


@pytest.fixture
def portone_client(portone_sandbox: Sandbox) -> Iterator[Client]:
    """A client of the sandbox."""
    from portone_gateway import Client

    with Client(portone_sandbox.target) as client:
        yield client
