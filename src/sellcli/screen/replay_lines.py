"""What a replay found: lines for a person, a document for a program."""

from collections import Counter
from collections.abc import Sequence

from rich.text import Text

from sellcli.screen.json_forms import Json
from sellcli.screen.text import NONE
from sellcore.evaluation import Evaluation
from sellcore.instant import iso
from sellcore.record import DecisionRecord
from sellcore.replay.finding import Finding, Verdict

_STYLES = {
    Verdict.AGREES: "",
    Verdict.DIFFERS: "bold red",
    Verdict.NO_RECORD: "bold red",
    Verdict.UNTOLD: "yellow",
}

WRONG = (Verdict.DIFFERS, Verdict.NO_RECORD)
"""What somebody should look at."""


def finding_line(finding: Finding) -> Text:
    """Return bar, ticker, rule, what was logged, the verdict and its grounds."""
    bar, record = finding.bar, finding.record
    end = NONE if bar.end is None else iso(bar.end)[:16] + "Z"
    average = record.ma_type if record and record.ma_type else NONE
    rule = f"{average} {bar.timeframe or ''}".strip()
    logged = NONE if record is None else str(record.decision)
    cause = "" if finding.cause is None else f"{finding.cause}: "
    line = f"{end}  {bar.ticker:<14} {rule:<12} {logged:<8} {finding.verdict!s:<14} "
    return Text(f"{line} {cause}{finding.text}", style=_STYLES[finding.verdict])


def totals(findings: Sequence[Finding]) -> str:
    """Return how many findings there are of each verdict: ``48 agree, 1 differs``."""
    counts = Counter(finding.verdict for finding in findings)
    words = {
        Verdict.AGREES: "agree",
        Verdict.DIFFERS: "differ",
        Verdict.UNTOLD: "cannot be told",
        Verdict.NO_RECORD: "have no record",
    }
    return ", ".join(f"{counts[verdict]} {word}" for verdict, word in words.items())


def finding_form(finding: Finding) -> dict[str, Json]:
    """Return one finding for a program."""
    bar = finding.bar
    return {
        "mode": str(bar.mode),
        "account": bar.account,
        "ticker": bar.ticker,
        "con_id": bar.con_id,
        "timeframe": None if bar.timeframe is None else str(bar.timeframe),
        "bar_end": None if bar.end is None else iso(bar.end),
        "verdict": str(finding.verdict),
        "cause": None if finding.cause is None else str(finding.cause),
        "text": finding.text,
        "logged": None if finding.record is None else _logged(finding.record),
        "now": None if finding.now is None else _now(finding.now),
    }


def _logged(record: DecisionRecord) -> dict[str, Json]:
    return {
        "timestamp": iso(record.timestamp),
        "run_id": record.run_id,
        "decision": str(record.decision),
        "ma_type": record.ma_type,
        "close": record.close,
        "ma_value": record.ma_value,
        "bars_used": record.bars_used,
        "reason": record.reason,
    }


def _now(now: Evaluation) -> dict[str, Json]:
    evidence = now.evidence
    return {
        "decision": str(now.outcome),
        "close": None if evidence is None else evidence.close,
        "ma_value": None if evidence is None else evidence.average,
        "bars_used": None if evidence is None else evidence.bars_used,
        "reason": now.reason,
    }
