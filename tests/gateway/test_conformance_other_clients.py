"""The official Python client and the Node client, each in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.gateway.gateway_stand import Weekdays

from adapters.gateway.running_clock import RunningClock
from adapters.gateway.scenario import default_scenario
from adapters.gateway.server import GatewayServer

HERE = Path(__file__).parent
PATIENCE = 120
FAST = 10.0
"""Wall seconds for a simulated minute: live bars come about every second."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    scenario = default_scenario()
    clock = RunningClock(scenario.start + timedelta(hours=2), pace=FAST)
    server = GatewayServer(scenario, clock, Weekdays())
    yield server.start()[1]
    server.stop()


def run(*command: str, env: dict[str, str] | None = None) -> dict[str, object]:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=env
    )
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["complaints"] == []
    assert done.returncode == 0
    return document


def test_official_python_client_passes_every_step(port: int) -> None:
    """No answer is missing, no error comes that was not provoked."""
    document = run(sys.executable, str(HERE / "official/session.py"), str(port), "21")
    came = Counter(name for name, _ in document["calls"])

    assert document["version"] == 178
    assert came["position"] >= 8
    assert came["execDetails"] == came["commissionAndFeesReport"] == 2
    assert came["historicalSchedule"] == 1


def test_node_client_passes_every_step(port: int) -> None:
    """It reports each field that is missing or left over; none is."""
    node, modules = shutil.which("node"), os.environ.get("NODE_PATH", "")
    found = any((Path(p) / "@stoqey/ib").is_dir() for p in modules.split(os.pathsep) if p)
    if node is None or not found:
        pytest.skip(
            "needs node, and NODE_PATH to a folder that holds @stoqey/ib 1.6.10: make peers"
        )
    document = run(node, str(HERE / "node/conformance.js"), str(port), "22", env=dict(os.environ))

    assert document["seen"]["version"] == [178]
    assert [e[0] for e in document["seen"]["execution"]].count(-1) == 1
