"""What is kept of the gateway's words on orders, and which of them are about one."""

import pytest
from tests.contract import broker_frames as frames

from adapters.ib.order_news import OrderNews
from adapters.ib.order_numbers import FIRST_REQUEST
from sellcore.ports.order_entry import Reply, Word


def costs(news: OrderNews, *told: tuple[str, float]) -> list[tuple[str, float]]:
    """Tell these costs; return all that are kept."""
    for exec_id, amount in told:
        news.commission([str(field) for field in frames.commission(exec_id, amount)])
    return [(cost.exec_id, cost.amount) for cost in news.costs()]


def test_cost_that_is_told_again_is_the_latest() -> None:
    """The last word on it counts, and it is kept as long as a new one."""
    kept = costs(OrderNews(1), ("a.01", 1.0), ("b.01", 2.0), ("a.01", 3.0))

    assert kept == [("b.01", 2.0), ("a.01", 3.0)]


def test_costs_of_the_last_ten_thousand_trades_are_kept() -> None:
    """A program that runs for weeks must not grow with every trade of the login."""
    told = [(f"{n:05}.01", float(n)) for n in range(10_001)]
    news = OrderNews(1)

    assert costs(news, *told[:-1]) == told[:-1]
    assert costs(news, told[-1]) == told[1:]


@pytest.mark.parametrize("number", [1, FIRST_REQUEST - 1])
def test_error_with_an_orders_number_is_about_that_order(number: int) -> None:
    """A refusal by its code, or else a remark."""
    news = OrderNews(1)

    assert news.error(number, 201, "no margin")
    assert news.error(number, 399, "it waits")
    assert news.take(0.0) == (
        Reply(number, Word.REFUSAL, "no margin", 201),
        Reply(number, Word.REMARK, "it waits", 399),
    )


@pytest.mark.parametrize("number", [0, -1, -4, FIRST_REQUEST])
def test_error_with_another_number_is_about_no_order(number: int) -> None:
    """It is about the line, or about a request."""
    news = OrderNews(1)

    assert not news.error(number, 321, "read-only")
    assert news.take(0.0) == ()


def test_error_on_an_order_by_hand_is_heard_once_it_is_asked_to_go() -> None:
    """Those have numbers below nought, which else are of no order."""
    news = OrderNews(0)
    news.cancelling(-1)

    assert news.error(-1, 10147, "not found")
    assert not news.error(-2, 10147, "not found")
    assert news.take(0.0) == (Reply(-1, Word.REMARK, "not found", 10147),)
