"""What a run that sells speaks to, and what it remembers."""

from datetime import datetime

from attrs import Factory, define, frozen

from sellcore.order import OpenOrder
from sellcore.ports.journal import Journal
from sellcore.ports.kill_switch import KillSwitch
from sellcore.ports.order_entry import OrderEntry
from sellcore.ports.quotes import Quotes
from sellcore.ports.witness import Witness
from sellcore.selling.arming import Arming
from sellcore.selling.limits import SellingPolicy
from sellcore.selling.missing_order import MissingOrder
from sellcore.selling.verdict import Verdict


@frozen
class Selling:
    """
    Everything that a run which may sell speaks to, beyond the ports of every watch.

    Attributes:
        journal: Of this account in this mode.
        entry: The way to send.
        witness: Ended orders and trades.
        quotes: The market, now.
        kill_switch: A person's way to stop it.
        policy: The trader's limits.
        arming: What allows this run to sell; None where nobody armed it.
        patience: Wall-clock seconds to wait for the broker's first word on an order.
    """

    journal: Journal
    entry: OrderEntry
    witness: Witness
    quotes: Quotes
    kill_switch: KillSwitch
    policy: SellingPolicy
    arming: Arming | None
    patience: float = 5.0


@define
class SellingState:
    """
    What is known so far of selling. Only use cases change it.

    Attributes:
        reconciled_generation: Of the connection, when journal and broker were last compared.
        reconciled_at: When that was, UTC.
        listening_since: When an order of ours last left, or the line was opened, UTC: what
            is missing from the broker's lists is missing since then at the earliest.
        refusals: The broker's words by intent, where it refused an order.
        traded_by_word: Intents that the broker told a trade of, of its own accord.
        said: The broker's last words with a code by intent, whatever they came to.
        unnoted: Such words, by intent, that are not on record yet.
        verdicts: The last answers of the checks by intent.
        unlisted: Orders that worked, and that lists have left out since the last testimony.
        vanished: What had worked and was in no list of that testimony.
        missing: Contract ids of what was held and was not in the last reading.
        doubtful: Those of them that were in the reading before: it may have been incomplete.
        left: Contract ids of what was sold and has orders left that would sell more of it.
    """

    reconciled_generation: int | None = None
    reconciled_at: datetime | None = None
    listening_since: datetime | None = None
    refusals: dict[str, str] = Factory(dict)
    traded_by_word: set[str] = Factory(set)
    said: dict[str, str] = Factory(dict)
    unnoted: list[tuple[str, str]] = Factory(list)
    verdicts: dict[str, Verdict] = Factory(dict)
    unlisted: tuple[OpenOrder, ...] = ()
    vanished: tuple[MissingOrder, ...] = ()
    missing: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()
    left: frozenset[int] = frozenset()
