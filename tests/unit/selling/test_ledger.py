"""What sales have brought."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.journal_builders import a_commission, an_execution

from sellcore.order import Side
from sellcore.selling.ledger import Proceeds, proceeds

SHARES = st.integers(1, 10**5).map(lambda tenths: str(Decimal(tenths) / 10))
PRICES = st.integers(1, 10**5).map(lambda cents: cents / 100)
AMOUNTS = st.none() | st.integers(0, 500).map(lambda cents: cents / 100)
GAINS = st.none() | st.integers(-(10**5), 10**5).map(lambda cents: cents / 100)

TRADES = st.lists(
    st.tuples(st.integers(1, 3), SHARES, PRICES, AMOUNTS, GAINS, st.sampled_from(Side)),
    max_size=8,
)


def reported(trades):
    """Return the executions and commissions of trades as they are drawn."""
    executions, commissions = [], []
    for number, (con_id, shares, price, cost, gain, side) in enumerate(trades):
        name = f"e{number}.01"
        executions.append(an_execution(name, con_id=con_id, shares=shares, price=price, side=side))
        if cost is not None:
            commissions.append(a_commission(name, cost, "USD", gain))
    return executions, commissions


def by_hand(con_id, trades, average_cost):
    """Return shares, money and gain of a position's sales, in fractions."""
    sales = [trade for trade in trades if trade[0] == con_id and trade[-1] is Side.SELL]
    gain = Fraction(0)
    for _, shares, price, cost, told, _ in sales:
        if cost is not None and told is not None:
            gain += Fraction(told)
        else:
            gain += Fraction(shares) * (Fraction(price) - average_cost) - Fraction(cost or 0)
    shares = sum((Fraction(shares) for _, shares, *_ in sales), Fraction(0))
    money = sum((Fraction(shares) * Fraction(price) for _, shares, price, *_ in sales), Fraction(0))
    paid = sum((Fraction(cost or 0) for *_, cost, _, _ in sales), Fraction(0))
    return shares, money, gain, paid


class TestProceeds:
    def test_no_sales_no_line(self):
        """Nothing sold has brought nothing, not zero."""
        bought = an_execution(side=Side.BUY)

        assert proceeds([], [], {}) == ()
        assert proceeds([bought], [a_commission()], {1: 50.0}) == ()

    def test_the_brokers_own_figure_is_taken(self):
        """It knows lots and taxes that we do not; ours is not even asked for."""
        (line,) = proceeds([an_execution()], [a_commission(amount=1.5, realized=-42.0)], {1: 50.0})

        assert line == Proceeds(1, Decimal(100), 99.5, {"USD": 1.5}, -42.0, estimated=False)

    def test_without_it_the_average_cost_tells(self):
        """100 shares at 99.50 that had cost 90.00, less a dollar of commission."""
        (line,) = proceeds([an_execution()], [a_commission(amount=1.0)], {1: 90.0})

        assert line == Proceeds(1, Decimal(100), 99.5, {"USD": 1.0}, 949.0, estimated=True)

    def test_what_nobody_knows_is_not_nothing(self):
        """One trade without word or cost leaves the whole unknown."""
        trades = [an_execution("a.1"), an_execution("b.1")]
        (line,) = proceeds(trades, [a_commission("a.1", realized=5.0)], {})

        assert line.realized is None
        assert line.shares == 200

    def test_correction_takes_the_place_of_what_it_corrects(self):
        """Shares, price, costs and gain are those of the last word, whoever comes first."""
        trades = [an_execution("a.b.02", shares="90", price=99.0), an_execution("a.b.01")]
        costs = [a_commission("a.b.02", 0.9, realized=80.0), a_commission("a.b.01", 1.0)]

        for order in (1, -1):
            (line,) = proceeds(trades[::order], costs[::order], {1: 90.0})
            assert line == Proceeds(1, Decimal(90), 99.0, {"USD": 0.9}, 80.0, estimated=False)

    def test_cost_of_what_was_corrected_stays_until_another_is_told(self):
        """A correction of the shares alone does not make the trade free."""
        trades = [an_execution("a.b.01"), an_execution("a.b.02", shares="90")]
        (line,) = proceeds(trades, [a_commission("a.b.01", 1.0)], {1: 90.0})

        assert line == Proceeds(1, Decimal(90), 99.5, {"USD": 1.0}, 854.0, estimated=True)

    def test_trade_that_was_taken_back_is_none(self):
        """A correction to no shares leaves no sale."""
        trades = [an_execution("a.b.01"), an_execution("a.b.02", shares="0")]

        assert proceeds(trades, [], {1: 90.0}) == ()

    def test_costs_are_kept_apart_by_currency(self):
        """Dollars and francs do not add up."""
        trades = [an_execution(name) for name in ("a.1", "b.1", "c.1")]
        costs = [
            a_commission("a.1", 1.0, "USD", 3.0),
            a_commission("b.1", 2.0, "CHF", 4.0),
            a_commission("c.1", 0.5, "USD", 5.0),
            a_commission("unknown.1", 9.0, "EUR", 9.0),
        ]
        (line,) = proceeds(trades, costs, {})

        assert dict(line.commissions) == {"USD": 1.5, "CHF": 2.0}
        assert line.realized == 12.0

    @given(TRADES, st.dictionaries(st.integers(1, 3), PRICES))
    def test_every_line_adds_up(self, trades, average_costs):
        """Against the same sums in fractions."""
        lines = {line.con_id: line for line in proceeds(*reported(trades), average_costs)}

        sold = {trade[0] for trade in trades if trade[-1] is Side.SELL}
        assert list(lines) == sorted(sold)
        for con_id, line in lines.items():
            shares, money, gain, paid = by_hand(
                con_id, trades, Fraction(average_costs.get(con_id, 0))
            )
            assert Fraction(line.shares) == shares
            assert line.average_price == pytest.approx(float(money / shares))
            assert sum(line.commissions.values()) == pytest.approx(float(paid))
            told = [
                trade[3] is not None and trade[4] is not None
                for trade in trades
                if trade[0] == con_id and trade[-1] is Side.SELL
            ]
            assert line.estimated == (not all(told) and con_id in average_costs)
            if all(told) or con_id in average_costs:
                assert line.realized == pytest.approx(float(gain), abs=1e-6)
            else:
                assert line.realized is None

    @given(TRADES, st.randoms())
    def test_order_does_not_matter(self, trades, random):
        """The broker tells trades and costs in any order, and more than once."""
        executions, commissions = reported(trades)
        wanted = proceeds(executions, commissions, {1: 50.0})

        mixed, costs = executions * 2, commissions * 2
        random.shuffle(mixed)
        random.shuffle(costs)
        assert proceeds(mixed, costs, {1: 50.0}) == wanted

    @given(TRADES, TRADES)
    def test_positions_do_not_touch_one_another(self, trades, others):
        """What one has brought is the same beside any others."""
        mine = [(1, *trade[1:]) for trade in trades]
        theirs = [(2, *trade[1:]) for trade in others]

        alone = proceeds(*reported(mine), {1: 50.0, 2: 60.0})
        together = proceeds(*reported(mine + theirs), {1: 50.0, 2: 60.0})
        assert tuple(line for line in together if line.con_id == 1) == alone
