"""What one line to a gateway does by itself."""

import asyncio
import gc
from weakref import ReferenceType, ref

from adapters.ib.line import Line
from adapters.ib.message_budget import MessageBudget
from adapters.ib.order_news import OrderNews


class Work:
    """Something that an errand holds on to while it waits."""


def test_errand_that_nobody_waits_for_is_not_forgotten() -> None:
    """The event loop alone would let it be collected as garbage, half done."""
    held: list[ReferenceType[Work]] = []

    async def wait() -> None:
        work = Work()
        held.append(ref(work))
        await asyncio.get_running_loop().create_future()

    async def story() -> None:
        line = Line(MessageBudget(0), 1.0, lambda code, text: None, lambda why: None, OrderNews(1))
        line.errand(wait())
        await asyncio.sleep(0)
        gc.collect()
        assert held[0]() is not None

    asyncio.run(story())


def test_line_that_is_given_up_is_no_loss_that_is_told() -> None:
    """Another may stand by then: what ends late on this one says nothing of that one."""
    told: list[str] = []

    async def story() -> None:
        line = Line(MessageBudget(0), 1.0, lambda code, text: None, told.append, OrderNews(1))
        line.hang_up()
        line.lose("positions: given up before the answer was complete")

    asyncio.run(story())

    assert told == []
