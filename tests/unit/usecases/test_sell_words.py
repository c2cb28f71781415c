"""The broker's words on an order of ours that settle nothing: on record, and quoted."""

import pytest
from attrs import evolve
from tests.selling_desk import SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.errors import StorageError
from sellcore.ports.order_entry import Reply, Word

SAID = "10999: Order refused - reason: margin desk says no"


def said(desk: SellingDesk, *replies: tuple[Word, int, str]) -> None:
    """Let the broker say these right behind our order."""
    desk.stage.behind(
        "entry.place",
        lambda: [desk.entry.say(Reply(1, word, text, code)) for word, code, text in replies],
    )


def noted(desk: SellingDesk) -> list[str]:
    """Return the broker's words that are on record."""
    entries = desk.journal.entries(desk.record.intent_id)
    return [entry.words for entry in entries if entry.what == "BROKER_SAID"]


def test_code_that_nobody_knows_is_quoted_where_the_order_is_nowhere() -> None:
    """It may be the reason; whoever is told of the end reads it."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    code, _, text = SAID.partition(": ")
    said(desk, (Word.REMARK, int(code), text))

    desk.run()

    assert desk.ends == ["not sent"]
    assert desk.record.words.endswith(f"the position was 100 and is 100; the broker said {SAID}")
    assert SAID in desk.telling("not sent")[0]
    assert noted(desk) == [SAID]


def test_code_that_nobody_knows_is_quoted_where_an_order_is_unclear() -> None:
    """Whoever has to settle it in TWS reads what the broker said of it."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    code, _, text = SAID.partition(": ")
    said(desk, (Word.REMARK, int(code), text), (Word.EXECUTION, 0, "SLD 40 at 90"))

    desk.run()

    assert desk.ends == ["unknown"]
    assert desk.record.words.endswith(f"the position was 100 and is 100; the broker said {SAID}")


def test_words_are_on_record_once_each_time_they_change() -> None:
    """The broker repeats itself; the last that was said is quoted."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    hold, done = (Word.REMARK, 399, "it waits"), (Word.REMARK, 10349, "TIF was set to DAY")
    said(desk, hold, hold, done, done)

    desk.run()

    assert noted(desk) == ["399: it waits", "10349: TIF was set to DAY"]
    assert desk.record.words.endswith("the broker said 10349: TIF was set to DAY")


def test_status_without_a_code_is_not_quoted() -> None:
    """It says where an order stands, and the lists say that better."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    said(desk, (Word.STATUS, 0, "PendingSubmit"))

    desk.run()

    assert noted(desk) == []
    assert "said" not in desk.record.words


def test_words_on_an_order_of_another_number_are_not_quoted() -> None:
    """Numbers of other orders, and of other times."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.entry.say(Reply(2, Word.REMARK, "not ours", 399)))

    desk.run()

    assert noted(desk) == []


def test_full_disk_keeps_the_words_for_later() -> None:
    """They go on record once it can be written again."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    said(desk, (Word.REMARK, 399, "it waits"))
    desk.stage.behind("entry.place", lambda: desk.stage.before("journal.note", full))

    desk.run()

    assert noted(desk) == ["399: it waits"]
    assert desk.ends == ["working"]


@pytest.mark.parametrize("word", [(Word.EXECUTION, 0, "SLD 100 at 90"), (Word.STATUS, 0, "Filled")])
def test_trade_that_is_told_and_in_no_list_leaves_the_order_unknown(
    word: tuple[Word, int, str],
) -> None:
    """The position has not moved by what is told of it; that alone proves nothing then."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    said(desk, word)

    desk.run()

    assert desk.ends == ["unknown"]
    assert desk.record.words == (
        "the broker told of a trade that is in no list; the position was 100 and is 100"
    )
    assert len(desk.telling("unknown")) == 1


def test_trade_that_is_told_and_listed_fills_the_order() -> None:
    """The lists settle it, as ever; what was said on the way is no part of its end."""
    desk = SellingDesk()
    said(desk, (Word.REMARK, 399, "it waits"), (Word.EXECUTION, 0, "SLD 100 at 90"))

    desk.run()

    assert desk.ends == ["filled"]
    assert desk.record.words == "sold 100 of 100"


def full() -> None:
    """Have no room for what is to be written."""
    raise StorageError("no space left on device")


@pytest.mark.parametrize("words", [None, "201: Order rejected - reason: too large"])
def test_order_that_is_listed_as_inactive_is_told_once(words: str | None) -> None:
    """It does not sell, and nothing else may; a person has to look."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    take = desk.entry._opened
    desk.entry._opened = lambda *told: evolve(take(*told), status="Inactive")  # type: ignore[method-assign]
    if words is not None:
        code, _, text = words.partition(": ")
        said(desk, (Word.REFUSAL, int(code), text))

    desk.run()

    assert desk.ends == ["working"]
    assert desk.telling("rejected") == [
        f"NASDAQ:MSFT: the broker lists our order as Inactive{f' ({words})' if words else ''}: it "
        "does not sell, and may come back; look in TWS and cancel it there, or let it work; "
        "nothing else is sold on it meanwhile"
    ]


def test_order_that_works_is_not_told_as_inactive() -> None:
    """Whatever other orders on it are."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    desk.run()

    assert desk.telling("rejected") == []
