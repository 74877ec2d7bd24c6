"""A gateway with a sandbox in PortOne's place, for tests.

    with Sandbox.start() as sandbox, Client(sandbox.target) as client: ...

With pytest, the fixtures portone_sandbox and portone_client come by themselves.
"""

from __future__ import annotations

import atexit
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from datetime import timedelta
from typing import Any

_MODULE = "github.com/portone-gateway/portone-gateway"
_START_SECONDS = 60


class Sandbox:
    """A running `gateway --sandbox`, on free ports of loopback. End it by close(), or as a context manager."""

    target: str
    """Where gRPC is, host:port."""

    rest: str
    """Where REST is, a URL."""

    control: str
    """Where the sandbox's control API is, a URL that ends with /sandbox/."""

    def __init__(self, process: subprocess.Popen[str], places: dict[str, str]) -> None:
        self._process = process
        self.target, self.rest, self.control = places["gRPC"], places["REST"], places["sandbox"]

    @classmethod
    def start(cls, *arguments: str) -> Sandbox:
        """Starts a sandbox, with further arguments of the gateway such as --sandbox-webhook-url=http://127.0.0.1:3000/.

        The program is $PORTONE_GATEWAY; else `gateway` on PATH, if it is ours; else it is built by Go.
        """
        addresses = (f"--{name}-addr=127.0.0.1:0" for name in ("grpc", "http", "admin", "sandbox"))
        command = [program(), "--sandbox", "--log-level=error", *addresses, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        try:
            return cls(process, _places(process))
        except BaseException:
            process.kill()
            process.wait()
            raise

    def close(self) -> None:
        """Ends the gateway."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the control API: call("POST", "deposits", {"paymentId": "..."}). GET / lists what there is."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def reset(self) -> None:
        """Begins anew, with the objects of the demo."""
        self.call("POST", "reset", {})

    def advance(self, by: timedelta) -> None:
        """Moves the sandbox's clock; what falls due on the way happens."""
        self.call("POST", "clock", {"advance": f"{by.total_seconds()}s"})

    def counters(self) -> dict[str, int]:
        """What was carried out, and how often: payment.charged, payment.cancelled, ... Repeated answers do not count."""
        return self.call("GET", "counters")  # type: ignore[no-any-return]

    def webhooks(self) -> Any:
        """The latest webhooks, and what became of them."""
        return self.call("GET", "webhooks")


def fault(directives: str) -> tuple[str, str]:
    """Metadata by which a call meets a fault: error=ALREADY_PAID, pg=EXCEED_MAX_AMOUNT, cut=after;times=1, latency=2s, ..."""
    return ("x-portone-sandbox", directives)


def program() -> str:
    """The gateway's program. Building it takes a minute the first time."""
    named = os.environ.get("PORTONE_GATEWAY")
    if named:
        return named
    on_path = shutil.which("gateway")
    if on_path and _is_ours(on_path):
        return on_path
    go = shutil.which("go")
    if go is None:
        raise FileNotFoundError("there is no gateway: set PORTONE_GATEWAY to the program, put it on PATH, or install Go, which builds it")
    return _build(go)


def _is_ours(path: str) -> bool:
    try:
        answer = subprocess.run([path, "version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.startswith("portone-gateway")


def _build(go: str) -> str:
    """Builds the gateway: of the checkout that this folder is in, else the newest that there is."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portone-gateway-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for parent in (pathlib.Path.cwd(), *pathlib.Path.cwd().parents):
        module = parent / "go.mod"
        if module.is_file() and module.read_text().startswith(f"module {_MODULE}\n"):
            subprocess.run([go, "build", "-o", folder / "gateway", "./cmd/gateway"], cwd=parent, check=True)
            return str(folder / "gateway")
    environment = {**os.environ, "GOBIN": str(folder)}
    subprocess.run([go, "install", f"{_MODULE}/cmd/gateway@latest"], env=environment, check=True)
    return str(folder / "gateway")


def _places(process: subprocess.Popen[str]) -> dict[str, str]:
    """Reads where everything is from what the gateway says when it starts."""
    places: dict[str, str] = {}
    late = threading.Timer(_START_SECONDS, process.kill)
    late.start()
    try:
        for line in process.stdout or ():
            words = line.split()
            if len(words) >= 2 and words[0] in ("gRPC", "REST", "admin", "sandbox"):
                places[words[0]] = words[1]
            if "sandbox" in places:
                threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
                return places
    finally:
        late.cancel()
    raise RuntimeError("the gateway did not start; its standard error says why")


def _drain(stream: Any) -> None:
    try:
        for _ in stream:
            pass
    except ValueError:  # closed meanwhile
        pass
