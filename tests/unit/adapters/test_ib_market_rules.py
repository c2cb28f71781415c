"""The price increments of a contract, by the market rule of the exchange it is sold on."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from ib_async import ContractDetails as Told
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, DESCRIBED, KO, PATIENCE, UNKNOWN
from tests.contract.scripted_gateway import Answer, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib import connection, questions, translate_prices
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_rules import MarketRules
from adapters.ib.pending import Refusal
from sellcore.contract import ContractDetails, NoDetails
from sellcore.instrument import Instrument
from sellcore.selling.limit_price import PriceStep

NOON = datetime(2025, 3, 24, 12, tzinfo=UTC)
LADDER = (("0", "0.0001"), ("1", "0.01"))
ONE_TICK = (PriceStep(Decimal(0), Decimal("0.01")),)
REFUSAL = "Error validating request.-'bS' : cause - Invalid market rule id"


def steps(*told: tuple[str, str]) -> tuple[PriceStep, ...]:
    return tuple(PriceStep(Decimal(above), Decimal(increment)) for above, increment in told)


class Reading:
    """A broker over a gateway that knows every contract, each with exchanges and rules."""

    def __init__(
        self,
        rule: Answer,
        exchanges: str = "SMART,NYSE",
        rules: str = "7,8",
        timeout: float = PATIENCE / 2,
    ) -> None:
        self._names = (exchanges, rules)
        self._timeout = timeout
        self.clock = FrozenClock(NOON)
        self.gateway = ScriptedGateway({9: self._described, 91: rule})

    def _described(self, fields: list[str]) -> list[frames.Frame]:
        if fields[3] == str(UNKNOWN.con_id):
            return [frames.error(fields[2], 200, "No security definition has been found")]
        told = evolve(DESCRIBED, instrument=evolve(AAPL, con_id=int(fields[3])))
        return list(frames.contract_details(fields[2], told, *self._names))

    def __enter__(self) -> "Reading":
        self.gateway.__enter__()
        port = self.gateway.port
        self.connection = IBConnection("127.0.0.1", port, 1, self.clock, timeout=self._timeout)
        self.broker = IBBroker(self.connection)
        self.connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.gateway.__exit__()

    def steps(self, instrument: Instrument = AAPL) -> tuple[PriceStep, ...]:
        """Return the increments of one contract."""
        details = self.broker.details([instrument])[instrument]
        assert isinstance(details, ContractDetails)
        return details.price_steps

    def rules_asked(self) -> list[str]:
        """Return the rules that were asked for."""
        return [fields[1] for fields in self.gateway.asked(91)]


def laddered(fields: list[str]) -> list[frames.Frame]:
    """Answer a request for a market rule: a hundredth of a cent below 1, a cent from there."""
    return [frames.market_rule(fields[1], *LADDER)]


def refusing(_: list[str]) -> list[frames.Frame]:
    """Refuse a request for a market rule, which the error cannot name."""
    return [frames.error(-1, 321, REFUSAL)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda fields: [frames.market_rule(fields[1], *LADDER)], (("0", "0.01"), ("100", "1"))),
        (lambda fields: [frames.error(-1, 321, REFUSAL)], (("0", "1"),)),
    ],
    ids=["by its rule", "by its smallest"],
)
def test_increments_of_prices_in_pence_are_pence(
    answer: Answer, told: tuple[tuple[str, str], ...]
) -> None:
    """They are told in pounds; a limit between two of them would be refused."""
    london = evolve(DESCRIBED, instrument=evolve(DESCRIBED.instrument, price_magnifier=100))
    reading = Reading(answer)
    reading.gateway.answers[9] = lambda fields: list(
        frames.contract_details(fields[2], london, "SMART,NYSE", "7,8")
    )
    with reading:
        assert reading.steps() == steps(*told)


def test_increments_are_those_of_the_smart_rule() -> None:
    """Of the ids that are parallel to the exchanges, the one of SMART."""
    with Reading(laddered, "NYSE,SMART,BATS", "8,7,9") as reading:
        assert reading.steps() == steps(*LADDER)
        assert reading.rules_asked() == ["7"]


def test_each_rule_is_asked_for_once_a_day() -> None:
    """However many contracts follow it, and however often they are described."""
    with Reading(laddered) as reading:
        details = reading.broker.details([AAPL, KO, evolve(AAPL, con_id=3)])
        assert {d.price_steps for d in details.values()} == {steps(*LADDER)}
        assert reading.steps(evolve(AAPL, con_id=4)) == steps(*LADDER)
        assert reading.rules_asked() == ["7"]
        reading.clock.set(NOON + timedelta(days=1))
        assert reading.steps() == steps(*LADDER)
        assert reading.rules_asked() == ["7", "7"]


def test_refused_rule_leaves_the_smallest_increment() -> None:
    """At once, for the day, and nobody else's question is refused with it."""
    with Reading(refusing) as reading:
        begun = time.monotonic()
        for con_id in (1, 2):
            assert reading.steps(evolve(AAPL, con_id=con_id)) == ONE_TICK
        assert time.monotonic() - begun < questions.RULES
        assert reading.rules_asked() == ["7"]
        assert reading.connection.fault() is None


def test_refusal_among_several_rules_is_not_given_to_the_wrong_one() -> None:
    """It names none; with the other answered, the one that is left is meant."""
    ids = iter(("5", "6", "7"))

    def answer(fields: list[str]) -> list[frames.Frame]:
        return refusing(fields) if fields[1] == "5" else laddered(fields)

    with Reading(answer) as reading:
        described = reading.gateway.answers[9]

        def each_its_rule(fields: list[str]) -> list[frames.Frame]:
            reading._names = ("SMART", next(ids))
            return described(fields)

        reading.gateway.answers[9] = each_its_rule
        begun = time.monotonic()
        details = reading.broker.details([evolve(AAPL, con_id=n) for n in (1, 2, 3)])
        assert time.monotonic() - begun < questions.RULES
        found = sorted((d.price_steps for d in details.values()), key=len)
        assert found == [ONE_TICK, steps(*LADDER), steps(*LADDER)]
        assert reading.rules_asked() == ["5", "6", "7"]


def test_refusal_waits_until_it_can_mean_one_rule_only() -> None:
    """It names none: of two that are missing, either may still come."""

    async def story() -> None:
        rules = MarketRules()
        seven, eight = rules.expect([7, 8]).values()
        rules.refused(Refusal(321, REFUSAL))
        assert rules.waiting == [seven, eight]
        rules.told(["93", "7", "1", "0", "0.01"])
        assert await seven.done == [["93", "7", "1", "0", "0.01"]]
        with pytest.raises(Refusal):
            await eight.done

    asyncio.run(story())


def test_one_refusal_more_than_rules_that_are_waited_for_does_no_harm() -> None:
    """It may be of a question that nobody waits for any more."""

    async def story() -> None:
        rules = MarketRules()
        (seven,) = rules.expect([7]).values()
        for _ in range(2):
            rules.refused(Refusal(321, REFUSAL))
        with pytest.raises(Refusal):
            await seven.done
        assert rules.waiting == []

    asyncio.run(story())


def test_refusal_of_an_earlier_question_refuses_nothing_of_the_next() -> None:
    """What was refused then says nothing of the rules that are waited for now."""

    async def story() -> None:
        rules = MarketRules()
        (seven,) = rules.expect([7]).values()
        rules.refused(Refusal(321, REFUSAL))
        with pytest.raises(Refusal):
            await seven.done
        eight, nine = rules.expect([8, 9]).values()
        rules.told(["93", "8", "1", "0", "0.01"])
        assert await eight.done
        assert rules.waiting == [nine]

    asyncio.run(story())


def test_rule_that_does_not_come_costs_neither_the_line_nor_the_details() -> None:
    """It is asked for again with the next reading; the answer to the first may come late."""
    with Reading(lambda _: (), timeout=1.0) as reading:
        assert reading.steps() == ONE_TICK
        assert reading.connection.fault() is None
        reading.gateway.say(*frames.market_rule(7, *LADDER))
        assert reading.broker.server_time is not None
        reading.gateway.answers[91] = laddered
        assert reading.steps() == steps(*LADDER)
        assert reading.rules_asked() == ["7", "7"]
        reading.steps()
        assert reading.rules_asked() == ["7", "7"]


def test_late_refusal_of_a_rule_refuses_nothing_else() -> None:
    """Positions carry no number either, and are not what was refused."""

    def answer(_: list[str]) -> list[frames.Frame]:
        return [frames.error(-1, 321, REFUSAL), frames.POSITION_END]

    with Reading(laddered) as reading:
        reading.gateway.answers[61] = answer
        assert reading.broker.positions() == ()


@pytest.mark.parametrize(
    "answer",
    [
        (),
        ("0",),
        ("x", "0", "0.01"),
        ("-1", "0", "0.01"),
        ("2", "0", "0.01"),
        ("2", "0", "0.01", "1"),
        ("1", "0", "0"),
        ("1", "0", "-0.01"),
        ("1", "0", ""),
        ("1", "", "0.01"),
        ("1", "nan", "0.01"),
        ("1", "0", "nan"),
        ("1", "0", "1.7976931348623157E308"),
        ("1", "-1", "0.01"),
        ("2", "0", "0.01", "0", "0.05"),
    ],
)
def test_garbage_leaves_the_smallest_increment(answer: tuple[str, ...]) -> None:
    """A wrong increment would have every order refused."""
    with Reading(lambda fields: [(93, fields[1], *answer)]) as reading:
        assert reading.steps() == ONE_TICK
        assert reading.connection.fault() is None


@pytest.mark.parametrize(
    ("exchanges", "rules"),
    [
        ("", ""),
        ("SMART,NYSE", ""),
        ("SMART,NYSE", "7"),
        ("NYSE,BATS", "7,8"),
        ("SMART", "x"),
        ("SMART", "-7"),
        ("SMART,NYSE", ",8"),
    ],
)
def test_contract_without_a_rule_of_its_own_is_not_asked_for_one(
    exchanges: str, rules: str
) -> None:
    """Which rule is meant is never guessed."""
    with Reading(laddered, exchanges, rules) as reading:
        assert reading.steps() == ONE_TICK
        assert reading.rules_asked() == []


def test_contract_that_is_not_described_has_no_rule() -> None:
    """A reason, as ever."""
    with Reading(laddered) as reading:
        details = reading.broker.details([UNKNOWN])
        assert isinstance(details[UNKNOWN], NoDetails)
        assert reading.rules_asked() == []


@pytest.mark.parametrize("min_tick", ["0", "", "-0.01"])
def test_without_a_rule_and_a_tick_no_increment_is_known(min_tick: str) -> None:
    """Empty, so that no limit order is priced."""

    def answer(fields: list[str]) -> list[frames.Frame]:
        frame, end = frames.contract_details(fields[2], DESCRIBED, "", "")
        place = frame.index(DESCRIBED.min_tick)
        return [(*frame[:place], min_tick, *frame[place + 1 :]), end]

    with Reading(laddered) as reading:
        reading.gateway.answers[9] = answer
        assert reading.steps() == ()


def test_increments_rise_from_nothing_exactly_as_on_the_wire() -> None:
    """Whatever order they come in, and wherever the lowest begins."""
    frame = frames.market_rule(9, ("10", "0.010"), ("0.25", "0.005"), ("0.5", "1E-2"))
    found = translate_prices.price_steps([str(field) for field in frame])
    assert [(str(s.above), str(s.increment)) for s in found] == [
        ("0", "0.005"),
        ("0.5", "0.01"),
        ("10", "0.010"),
    ]


@given(st.lists(st.text("0159.,-naE ", max_size=6), max_size=9))
def test_rubbish_is_no_rule_or_one_that_can_be_used(texts: list[str]) -> None:
    """What is read has increments above zero, from nothing on, in order."""
    try:
        found = translate_prices.price_steps(["93", "7", *texts])
    except ValueError:
        return
    assert found[0].above == 0
    assert all(step.increment > 0 for step in found)
    edges = [step.above for step in found]
    assert edges == sorted(set(edges))


def test_rule_of_the_first_row_that_names_one_counts() -> None:
    """Some contracts are described once for each exchange."""
    rows = [
        Told(validExchanges="NYSE", marketRuleIds="8"),
        Told(validExchanges="SMART, NYSE", marketRuleIds="7, 8"),
    ]
    assert translate_prices.market_rule_id(rows) == 7
    assert translate_prices.market_rule_id([]) is None


def test_description_is_waited_for_as_long_as_any_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of one stock as well; what is granted for its rules, and for the way, comes on top."""
    monkeypatch.setattr(questions, "RULES", 0.01)
    monkeypatch.setattr(connection, "_GRACE", 0.0)

    class Slow(Reading):
        def _described(self, fields: list[str]) -> list[frames.Frame]:
            time.sleep(1.6)
            return super()._described(fields)

    with Slow(laddered, timeout=8.0) as reading:
        assert isinstance(reading.broker.details([AAPL])[AAPL], ContractDetails)
