"""A sweep on a cluster of an existing engine: the same call, the same bytes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.cli import one_line
from tests.integration.research import lay_out_days, sellcli

from adapters.dask_cluster import dask_cluster
from adapters.parquet.dataset import open_dataset
from sellcore.backtest.assumptions import Assumptions, Entry
from sellcore.backtest.universe.sweep import sweep
from sellcore.errors import ConfigError, InvalidValue, StorageError
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")

RULES = [MovingAverageRule(kind, n, Timeframe.DAY) for kind in AverageKind for n in LENGTHS]
RECLAIM = Assumptions(entry=Entry.RECLAIM)


def write_universe(folder, tickers=9, bars=700):
    """Write a file of days for each ticker."""
    days = np.arange("2015-01-01", bars, dtype="datetime64[D]")
    for number in range(tickers):
        rng = np.random.default_rng(number)
        close = (5_000 + np.cumsum(rng.integers(-40, 41, bars))) / 100
        opens = close + rng.integers(-20, 21, bars) / 100
        columns = {"ts": days, "open": opens, "high": close, "low": close, "close": close}
        table = pa.table({**columns, "volume": np.full(bars, 1e6)})
        pq.write_table(table, folder / f"NYSE_T{number}_1d.parquet")


@pytest.fixture(scope="module")
def cluster():
    """Two workers, each a process of its own, on this machine alone."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    ) as running:
        yield running


@pytest.mark.slow
def test_a_cluster_gives_the_same_bytes(tmp_path, cluster):
    """Two workers read the dataset themselves; nobody sees a difference in the figures."""
    write_universe(tmp_path)
    source = open_dataset(tmp_path.as_uri())
    here = sweep(source, RULES, RECLAIM)
    with distributed.Client(cluster) as client:
        there = sweep(source, RULES, RECLAIM, executor=client.get_executor(), chunk=2)

    assert there.tickers == here.tickers
    assert {name: values.tobytes() for name, values in there.columns.items()} == {
        name: values.tobytes() for name, values in here.columns.items()
    }


@pytest.mark.slow
def test_a_refusal_on_a_cluster_is_told_as_here(tmp_path, cluster):
    """A bad row that only a worker sees ends the sweep with the same line."""
    write_universe(tmp_path, tickers=4, bars=300)
    path = tmp_path / "NYSE_T2_1d.parquet"
    table = pq.read_table(path)
    closes = table.column("close").to_pylist()
    closes[7] = float("nan")
    pq.write_table(table.set_column(4, "close", pa.array(closes)), path)
    source = open_dataset(str(tmp_path))
    with (
        distributed.Client(cluster) as client,
        pytest.raises(InvalidValue, match="NYSE:T2 at 2015-01-08: close is missing"),
    ):
        sweep(source, RULES, RECLAIM, executor=client.get_executor(), chunk=1)


@pytest.mark.slow
def test_a_cluster_without_a_worker_is_told_and_not_waited_for(tmp_path):
    """A scheduler alone would keep the work for ever: one line says so, and nothing is kept."""
    lay_out_days(tmp_path / "bars", ["AAA"], count=60)
    with distributed.LocalCluster(
        n_workers=0, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as idle:
        words = ("--rules", "SMA,5,D", "--dask", idle.scheduler_address, "--out", "runs")
        done = sellcli(tmp_path, "sweep", "--data", "bars", *words)

    assert (done.code, done.out) == (2, "")
    line = f"the dask scheduler at {idle.scheduler_address} has no worker; start one"
    assert line in one_line(done.err)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1", "ftp://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_told(tmp_path, monkeypatch, address):
    """A port that nobody listens on, and what is no address of a scheduler."""
    monkeypatch.setattr("adapters.dask_cluster._PATIENCE", 1)
    lay_out_days(tmp_path / "bars", ["AAA"], count=60)

    done = sellcli(tmp_path, "sweep", "--data", "bars", "--rules", "SMA,5,D", "--dask", address)

    assert (done.code, done.out) == (2, "")
    assert f"no dask scheduler answers at {address}: " in one_line(done.err)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """Start a scheduler of its own; yield the process, its address, and a file that holds it."""
    place = str(tmp_path / "scheduler.json")
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", place)
    with daemon("dask_scheduler", *words) as process:
        while not Path(place).exists():
            assert process.poll() is None
            time.sleep(0.1)
        yield process, json.loads(Path(place).read_text())["address"], place


def daemon(module: str, *words: str, path: str | None = None) -> "subprocess.Popen[bytes]":
    """Start a part of a cluster; it ends with the block that it is used in."""

    class Ended(subprocess.Popen[bytes]):
        def __exit__(self, *why: object) -> None:
            self.kill()
            super().__exit__(*why)

    command = [sys.executable, "-m", f"distributed.cli.{module}", *words]
    env = os.environ if path is None else {**os.environ, "PYTHONPATH": path}
    return Ended(command, env=env, stderr=subprocess.DEVNULL)


def workers_come(address: str) -> None:
    with distributed.Client(address) as client:
        client.wait_for_workers(1, timeout=60)


@pytest.mark.slow
def test_a_worker_without_the_program_is_told_and_not_waited_for(tmp_path, scheduler):
    """Such a worker can load no work: it would be asked, fall over, and be asked again."""
    _, address, place = scheduler
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "sitecustomize.py").write_text("import sys\nsys.modules['sellcore'] = None\n")
    words = ("--scheduler-file", place, "--no-dashboard", "--no-nanny", "--nworkers", "1")
    with daemon("dask_worker", *words, path=str(bare)):
        workers_come(address)
        with (
            pytest.raises(ConfigError, match=r"worker at tcp://\S+ has no sellcore; install"),
            dask_cluster(address),
        ):
            pass


@pytest.mark.slow
def test_a_cluster_that_is_lost_is_told(monkeypatch, scheduler):
    """The scheduler dies while work is waited for: one line names it."""
    monkeypatch.setattr("adapters.dask_cluster._PATIENCE", 2)
    process, address, place = scheduler
    words = ("--scheduler-file", place, "--no-dashboard", "--no-nanny", "--nworkers", "1")

    def work_in_vain():
        with dask_cluster(address) as executor:
            work = executor.submit(time.sleep, 60)
            process.kill()
            work.result()

    with daemon("dask_worker", *words):
        workers_come(address)
        with pytest.raises(StorageError, match=f"the dask cluster at {address} was lost on the"):
            work_in_vain()
