"""Instants that a person types behind a flag."""

import time
from datetime import UTC, datetime

import pytest

from sellcli.flags.instants import typed_instant
from sellcore.errors import ConfigError

MIDNIGHT = datetime(2022, 5, 20, tzinfo=UTC)
TWO = datetime(2022, 5, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-05-20", MIDNIGHT),
        ("2022-05-20T14:00", TWO),
        ("2022-05-20T14:00Z", TWO),
        ("2022-05-20T10:00-04:00", TWO),
    ],
)
@pytest.mark.skipif(not hasattr(time, "tzset"), reason="its zone cannot be set for a process")
def test_what_names_no_zone_is_in_utc(
    zone: str, text: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever this machine stands: so is everything that is on record."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = typed_instant(text, "--since")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert found == moment


def test_nothing_typed_is_nothing() -> None:
    """The flag was left out."""
    assert typed_instant(None, "--since") is None


@pytest.mark.parametrize("text", ["", "yesterday", "20.05.2022", "2022-13-01", "14:00"])
def test_what_is_neither_is_refused_with_the_flag(text: str) -> None:
    """And with an example of each."""
    with pytest.raises(ConfigError, match=r"^--at .* is not a date or an instant, e\.g\. 2022"):
        typed_instant(text, "--at")
