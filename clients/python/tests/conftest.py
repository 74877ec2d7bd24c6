import json
import os
import pathlib
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


class Bench:
    """internal/clientbench as a process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        places = json.loads(process.stdout.readline())
        self.target, self._control = places["target"], places["control"]

    def call(self, method: str, path: str) -> Any:
        with urllib.request.urlopen(urllib.request.Request(self._control + path, method=method), timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    program = os.environ.get("PORTONE_CLIENTBENCH")
    if not program:
        program = str(tmp_path_factory.mktemp("bench") / "clientbench")
        subprocess.run(["go", "build", "-o", program, "./internal/clientbench"], cwd=REPOSITORY, check=True)
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Bench(process)
    finally:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 0
        process.stdout.close()
