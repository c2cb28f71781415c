"""The broker's words on an order of ours that settle nothing: on record, and quoted."""

from collections.abc import Callable
from functools import partial

import pytest
from attrs import evolve
from tests.builders import AAPL, rule
from tests.desk import MINUTE, SECOND
from tests.selling_desk import ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.errors import StorageError
from sellcore.ports.order_entry import Reply, Word
from sellcore.selling.limits import SellingPolicy

SAID = "10999: Order refused - reason: margin desk says no"


def said(
    desk: SellingDesk,
    *replies: tuple[Word, int, str],
    then: Callable[[], None] = lambda: None,
) -> None:
    """Let the broker say these right behind our order, and something happen."""

    def speak() -> None:
        for word, code, text in replies:
            desk.entry.say(Reply(1, word, text, code))
        then()

    desk.stage.behind("entry.place", speak)


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


def test_code_that_nobody_knows_is_quoted_where_it_is_not_known_what_became_of_it() -> None:
    """Whoever is to look in TWS knows what to look for."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    code, _, text = SAID.partition(": ")
    said(desk, (Word.REMARK, int(code), text), then=lambda: desk.hold_quietly("60"))

    desk.run()

    assert desk.ends == ["unknown"]
    assert desk.record.words.endswith(f"the position was 100 and is 60; the broker said {SAID}")


def test_words_are_on_record_once_each_time_they_change() -> None:
    """The broker repeats itself; the last that was said is quoted."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    hold, done = (Word.REMARK, 399, "it waits"), (Word.REMARK, 10349, "TIF was set to DAY")
    said(desk, hold, hold, done, done)

    desk.run()

    assert noted(desk) == ["399: it waits", "10349: TIF was set to DAY"]
    assert desk.record.words.endswith("the broker said 10349: TIF was set to DAY")


def test_words_on_an_order_that_works_are_on_record_too() -> None:
    """Minutes behind the send, when it is listed already."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    word = Reply(1, Word.REMARK, "held until the open", 404)
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.entry.say(word))

    desk.run()

    assert desk.ends == ["working"]
    assert noted(desk) == ["404: held until the open"]


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
    fill = lambda: desk.stage.before("journal.note", full)  # noqa: E731
    said(desk, (Word.REMARK, 399, "it waits"), then=fill)

    desk.run()

    assert noted(desk) == ["399: it waits"]
    assert desk.ends == ["working"]
    assert [text for text in desk.telling("denied") if "no space left" in text]


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


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ((Word.EXECUTION, 0, "SLD 100 at 90"), "unknown"),
        ((Word.REFUSAL, 201, "Order rejected - reason: too large"), "rejected"),
    ],
)
def test_what_was_told_is_remembered_over_another_line(
    word: tuple[Word, int, str], end: str
) -> None:
    """The line went behind the word, and the next one's lists tell nothing of the order."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST

    def lose_the_line() -> None:
        desk.stage.before("broker.open_orders", desk.broker.drop)

    said(desk, word, then=lose_the_line)

    desk.run()

    assert desk.ends == [end]


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


def test_two_orders_that_are_inactive_are_told_once_each() -> None:
    """What was told of the one is not told of the other, however often they are looked at."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.entry.fate = Fate.WORKS
    desk.selling_policy = SellingPolicy(reconcile=MINUTE)
    take = desk.entry._opened
    desk.entry._opened = lambda *told: evolve(take(*told), status="Inactive")  # type: ignore[method-assign]

    desk.run()

    told = [text.partition(":")[2].partition(":")[0] for text in desk.telling("rejected")]
    assert sorted(told) == ["AAPL", "MSFT"]


def test_order_that_comes_back_and_is_inactive_anew_is_told_anew() -> None:
    """Whoever was told that it sells again has to look once more."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.selling_policy = SellingPolicy(reconcile=SECOND)
    for minutes, status in ((2, "Inactive"), (4, "Submitted"), (6, "Inactive")):
        desk.clock.at(ELEVEN + minutes * MINUTE + SECOND, partial(listed_as, desk, status))

    desk.run()

    assert len(desk.telling("rejected")) == 2


def listed_as(desk: SellingDesk, status: str) -> None:
    """Let the broker list our order in this way."""
    desk.broker.work(evolve(desk.entry.order(1), status=status))


def test_order_that_works_is_not_told_as_inactive() -> None:
    """Whatever other orders on it are."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    desk.run()

    assert desk.telling("rejected") == []
