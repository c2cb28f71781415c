"""Runs on disk: what a backtest or a sweep came to, under a name that follows from its input."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.runs.folder import StoredRun as StoredRun
    from sellcli.compose.sweep import Swept
    from sellcli.screen.json_forms import Json
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.actions import Action

REPORT = "report.html"
"""A page for people; it may be added to a run later."""

_SHOWN = 12
"""Digits of a hash that name a run."""


def keep_backtest(
    runs: Path, found: "Backtest", form: "Mapping[str, Json]", report: str | None
) -> "StoredRun":
    """
    Write a backtest's run: ledgers, summary, assumptions, and its report where there is one.

    Args:
        runs: The folder of all runs.
        found: The backtest.
        form: What is to be kept of it as JSON.
        report: A page to keep beside it.

    Raises:
        StorageError: nothing was written, or another run has that name.
    """
    from adapters.runs.ledgers import ledgers

    more = {} if report is None else {REPORT: report.encode()}
    return keep_run(
        runs, form, found.assumptions_in_words, {**ledgers(found), **more}, found.config_hash
    )


def keep_sweep(
    runs: Path,
    swept: "Swept",
    actions: "Sequence[Action]",
    form: "Mapping[str, Json]",
    report: str | None,
) -> "StoredRun":
    """
    Write a sweep's run: its figures, what each rule earned from day to day, and the rest.

    A universe may be too large to be read once more for a hash of it, so the run is
    named for what was asked and what came of it.

    Args:
        runs: The folder of all runs.
        swept: The sweep.
        actions: That were taken out of the bars.
        form: What is to be kept of it as JSON.
        report: A page to keep beside it.

    Raises:
        StorageError: nothing was written, or another run has that name.
    """
    from adapters.parquet.sweep_table import sweep_parquet
    from adapters.runs.ledgers import returns_ledger

    found = swept.found
    asked = [*found.tickers, *map(str, found.rules), repr(found.assumptions)]
    asked += [] if found.since is None else [f"since {found.since}"]
    config = hashlib.sha256("\n".join([*asked, *sorted(map(str, actions))]).encode()).hexdigest()
    files = {"sweep.parquet": sweep_parquet(found)}
    if swept.returns is not None:
        files["returns.parquet"] = returns_ledger(swept.returns)
    name = hashlib.sha256(b"".join([config.encode(), *files.values()])).hexdigest()
    told: list[Json] = [str(action) for action in actions]
    whole: dict[str, Json] = {"config_hash": config, **form, "actions": told}
    if report is not None:
        files[REPORT] = report.encode()
    return keep_run(runs, whole, found.assumptions_in_words, files, name)


def keep_run(
    runs: Path,
    form: "Mapping[str, Json]",
    assumptions: Sequence[str],
    files: Mapping[str, bytes],
    name: str,
) -> "StoredRun":
    """
    Write a run under a name that input and program give.

    Args:
        runs: The folder of all runs.
        form: Becomes ``summary.json``, with the program's version in front.
        assumptions: Become ``assumptions.txt``, a line each.
        files: Whatever else lies in it, by name.
        name: The hash of the input.

    Raises:
        StorageError: nothing was written, or another run has that name.
    """
    from adapters.runs.folder import store_run
    from adapters.runs.revision import revision

    made_by = revision()
    run_id = f"{name[:_SHOWN]}-{made_by}"
    summary = {
        "run_id": run_id,
        "version": made_by.version,
        "git_sha": made_by.git_sha,
        "git_modified": made_by.modified,
        **form,
    }
    texts = {
        "summary.json": json.dumps(summary, indent=2, allow_nan=False) + "\n",
        "assumptions.txt": "".join(f"{line}\n" for line in assumptions),
    }
    encoded = {each: text.encode() for each, text in texts.items()}
    return store_run(runs, run_id, {**encoded, **files}, added=(REPORT,))
