"""Rules: what may be assigned, and how many bars it needs."""

from fractions import Fraction

import pytest

from sellcore.errors import InvalidValue
from sellcore.rule import (
    LENGTHS,
    AverageKind,
    MovingAverageRule,
    parse_kind,
    parse_length,
    parse_rule,
    required_bars,
)
from sellcore.timeframe import Timeframe

ALLOWED = "5, 10, 20, 50, 100, 150, 200"


def test_rule_is_printed_as_the_design_does() -> None:
    """The average, then the timeframe."""
    rule = MovingAverageRule(AverageKind.SMA, 50, Timeframe.HOUR)

    assert str(rule) == "SMA(50) 1H"
    assert rule.average == "SMA(50)"


@pytest.mark.parametrize("length", LENGTHS)
def test_sma_needs_its_window(length: int) -> None:
    """No more, and no fewer."""
    assert required_bars(AverageKind.SMA, length) == length


def test_ema_200_needs_661_bars() -> None:
    """The design's own figure."""
    assert MovingAverageRule(AverageKind.EMA, 200, Timeframe.DAY).required_bars == 661


@pytest.mark.parametrize("length", LENGTHS)
def test_ema_needs_bars_until_its_seed_weighs_one_percent(length: int) -> None:
    """One bar fewer and the seed weighs more."""
    kept = 1 - Fraction(2, length + 1)
    after = required_bars(AverageKind.EMA, length) - length

    assert kept**after <= Fraction(1, 100) < kept ** (after - 1)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("SMA,50,1H", "SMA(50) 1H"),
        (" ema , 200 , d ", "EMA(200) D"),
        ("Sma,005,60m", "SMA(5) 1H"),
    ],
)
def test_rule_is_read_as_people_write_it(text: str, printed: str) -> None:
    """TYPE,LENGTH,TIMEFRAME in any case, with spaces."""
    assert str(parse_rule(text)) == printed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not TYPE,LENGTH,TIMEFRAME, e.g. SMA,50,1H"),
        ("SMA,50", "is not TYPE,LENGTH,TIMEFRAME, e.g. SMA,50,1H"),
        ("SMA,50,1H,now", "is not TYPE,LENGTH,TIMEFRAME, e.g. SMA,50,1H"),
        ("WMA,50,1H", "type 'WMA' is not one of SMA, EMA"),
        ("SMA,51,1H", f"length 51 is not one of {ALLOWED}"),
        ("SMA,0,1H", f"length 0 is not one of {ALLOWED}"),
        ("SMA,-5,1H", f"length '-5' is not one of {ALLOWED}"),
        ("SMA,5.0,1H", f"length '5.0' is not one of {ALLOWED}"),
        ("SMA,,1H", f"length '' is not one of {ALLOWED}"),
        ("SMA,\u0665,1H", f"is not one of {ALLOWED}"),
        ("SMA,50,2H", "timeframe '2H' is not one of 1H, D"),
    ],
)
def test_what_is_no_rule_is_refused_with_what_would_be(text: str, expected: str) -> None:
    """One line, with the part that was met and what is known."""
    with pytest.raises(InvalidValue) as refusal:
        parse_rule(text)

    assert expected in str(refusal.value)
    assert str(refusal.value).startswith(f"rule {text!r}")
    assert str(refusal.value).endswith("e.g. SMA,50,1H")
    assert "\n" not in str(refusal.value)


def test_length_of_thousands_of_digits_is_refused_in_one_line() -> None:
    """A hostile file does not crash the reader."""
    with pytest.raises(InvalidValue, match="is not one of"):
        parse_length("9" * 10_000)


@pytest.mark.parametrize("length", [0, 1, 49, 201, -5])
def test_rule_of_another_length_cannot_be_made(length: int) -> None:
    """Checked where the value is made, not only where text is read."""
    with pytest.raises(InvalidValue, match=f"is not one of {ALLOWED}"):
        MovingAverageRule(AverageKind.SMA, length, Timeframe.HOUR)


@pytest.mark.parametrize("kind", AverageKind)
def test_kind_is_read_in_any_case(kind: AverageKind) -> None:
    """What is printed, and its lower case."""
    assert parse_kind(f" {str(kind).lower()} ") is parse_kind(str(kind)) is kind


def test_rules_can_be_put_in_order() -> None:
    """For tables and files: by kind, length, timeframe."""
    texts = ["SMA,5,D", "EMA,200,1H", "SMA,50,1H", "SMA,5,1H", "EMA,5,D"]

    assert [str(rule) for rule in sorted(map(parse_rule, texts))] == [
        "EMA(5) D",
        "EMA(200) 1H",
        "SMA(5) 1H",
        "SMA(5) D",
        "SMA(50) 1H",
    ]
