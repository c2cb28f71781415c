"""What the libraries log, and where."""

import logging

import pytest

from adapters.ib.library_logs import LOG, quieten


def test_nothing_is_shown_where_the_application_wants_no_logs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However often it is asked for: one handler that swallows, under the known name."""
    monkeypatch.setattr(LOG, "handlers", [])

    quieten()
    quieten()

    assert [type(handler) for handler in LOG.handlers] == [logging.NullHandler]
    assert LOG.name == "sellcli.ib"


def test_handler_of_the_application_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the only one then."""
    ours = logging.StreamHandler()
    monkeypatch.setattr(LOG, "handlers", [ours])

    quieten()

    assert LOG.handlers == [ours]


@pytest.mark.parametrize("name", ["ib_async", "eventkit"])
def test_library_is_heard_once_and_nowhere_else(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An expected refusal is an error to it, and for developers to us."""
    quieten()
    quieten()

    with caplog.at_level(logging.DEBUG, "sellcli.ib"):
        logging.getLogger(f"{name}.part").error("two\nlines")

    ours = [record for record in caplog.records if record.name == "sellcli.ib"]
    told = [(record.levelname, record.getMessage()) for record in ours]
    assert told == [("DEBUG", f"{name}.part: two lines")]
    assert not logging.getLogger(name).propagate
