"""Any sequence of orders, changes, cancels and minutes: the books always agree."""

import tempfile
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.gateway.orders_world import MSFT, STATUS_WORDS, Market, order_fields

DONE = {"Filled", "Cancelled", "Inactive"}
PRICES = st.integers(24_000, 26_000).map(lambda cents: cents / 100)
KINDS = st.sampled_from(["MKT", "LMT", "STP", "STP LMT"])
TIFS = st.sampled_from(["DAY", "GTC", "IOC", "FOK"])

PARTS = """
[[fault]]
at = 2022-05-20T13:26:00Z
kind = "partial_fills"
parts = 3
"""


class OneTrader(RuleBasedStateMachine):
    """One client trades as it likes; what it hears must add up to what is so."""

    @initialize(
        steps=st.lists(st.integers(-300, 300), min_size=5, max_size=40),
        parts=st.booleans(),
        start=st.sampled_from(["09:25", "10:00", "15:50"]),
    )
    def open(self, steps: list[int], parts: bool, start: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path, price = [], 25_000
        for step in steps:
            price = max(price + step, 100)
            path.append(price / 100)
        self.market = Market(
            Path(self.folder.name),
            path=path,
            opens=start if start != "09:25" else "09:30",
            extra=PARTS if parts else "",
        )
        self.market.at(start)
        self.client = self.market.join()
        self.next_id = 1
        self.status: dict[str, list[str]] = defaultdict(list)
        self.filled: dict[str, Decimal] = defaultdict(Decimal)
        self.limit: dict[str, float] = {}
        self.sold = Decimal(0)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def listen(self, heard: list[list[str]]) -> None:
        for fields in heard:
            if fields[0] == "3":
                self.hear_status(fields)
            elif fields[0] == "11":
                self.hear_fill(fields)

    def hear_status(self, fields: list[str]) -> None:
        before = self.status[fields[1]]
        assert fields[2] in STATUS_WORDS
        assert not (before and before[-1] in DONE), "a finished order stays as it finished"
        before.append(fields[2])
        assert Decimal(fields[3]) == self.filled[fields[1]]

    def hear_fill(self, fields: list[str]) -> None:
        order_id, sold, price = fields[2], fields[18] == "SLD", float(fields[20])
        self.filled[order_id] += Decimal(fields[19])
        assert Decimal(fields[24]) == self.filled[order_id]
        self.sold += Decimal(fields[19]) * (1 if sold else -1)
        limit = self.limit.get(order_id)
        assert limit is None or (price >= limit if sold else price <= limit)

    @rule(
        kind=KINDS,
        sell=st.booleans(),
        quantity=st.integers(1, 50),
        limit=PRICES,
        stop=PRICES,
        tif=TIFS,
        outside=st.booleans(),
    )
    def place(self, kind: str, sell: bool, quantity: int, outside: bool, **rest: Any) -> None:
        order_id, self.next_id = self.next_id, self.next_id + 1
        if "LMT" in kind:
            self.limit[str(order_id)] = rest["limit"]
        action = "SELL" if sell else "BUY"
        fields = order_fields(
            order_id, action, quantity, kind, rest["limit"], rest["stop"],
            tif=rest["tif"], outside_rth=outside,
        )  # fmt: skip
        self.listen(self.market.ask(self.client, *fields))
        assert self.status[str(order_id)]

    @precondition(lambda self: self.next_id > 1)
    @rule(which=st.integers(0, 100))
    def cancel(self, which: int) -> None:
        order_id = which % (self.next_id - 1) + 1
        was_done = self.status[str(order_id)][-1] in DONE
        heard = self.market.ask(self.client, 4, 1, order_id, "")
        self.listen(heard)
        assert heard[-1][3] == ("10148" if was_done else "202")

    @rule(minutes=st.integers(1, 12))
    def wait(self, minutes: int) -> None:
        for _ in range(minutes):
            self.market.clock.sleep_until(self.market.clock.now() + timedelta(minutes=1))
            self.market.world.advance(self.market.clock.now())
        self.listen(self.client.take())

    @invariant()
    def the_position_is_what_was_heard_of_it(self) -> None:
        if hasattr(self, "market"):
            assert self.market.portfolio.holdings.quantity(MSFT) == 100 - self.sold

    @invariant()
    def open_orders_are_those_not_heard_to_be_done(self) -> None:
        if hasattr(self, "market"):
            shown = {f[1] for f in self.market.ask(self.client, 16, 1) if f[0] == "3"}
            assert shown == {i for i, told in self.status.items() if told[-1] not in DONE}

    @invariant()
    def completed_orders_are_the_others(self) -> None:
        if hasattr(self, "market"):
            rows = [f for f in self.market.ask(self.client, 99, 0) if f[0] == "101"]
            done = [i for i, told in self.status.items() if told[-1] in DONE]
            assert len(rows) == len(done)


TestOneTrader = OneTrader.TestCase
TestOneTrader.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
