import subprocess
import sys

import pytest

from sellcore.assignment import Assignment, Assignments
from sellcore.errors import InvalidValue
from sellcore.rule import parse_rule

RULE = parse_rule("SMA,50,1H")


def test_ticker_is_kept_in_upper_case_without_spaces():
    """However a ticker is typed, two of the same name are equal."""
    assert Assignment(" nasdaq:aapl ", RULE) == Assignment("NASDAQ:AAPL", RULE)


@pytest.mark.parametrize("text", ["", "AAPL", ":AAPL", "NASDAQ:", "NASDAQ:A\nB"])
def test_what_is_no_ticker_is_refused(text):
    """An assignment names an exchange and a symbol."""
    with pytest.raises(InvalidValue, match="ticker"):
        Assignment(text, RULE)


def test_assignment_reads_as_a_sentence():
    """People see the design's own words."""
    assert str(Assignment("NYSE:IBM", parse_rule("ema,20,d"))) == "NYSE:IBM follows EMA(20) D"


def test_rules_cannot_be_changed_behind_a_snapshot():
    """Assignments are a value: neither its holder nor its maker can change it."""
    source = {"NYSE:IBM": RULE}
    assignments = Assignments(source)
    source.clear()

    assert assignments.rules == {"NYSE:IBM": RULE}
    with pytest.raises(TypeError):
        assignments.rules["NYSE:T"] = RULE


def test_assignments_load_without_numpy():
    """`sellcli assign` starts fast: nothing numerical is imported for it."""
    code = "import sys, sellcore.ports.assignments; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
