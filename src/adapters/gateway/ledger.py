"""The gateway's own record of every order, cancel and execution, as JSON lines."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from adapters.atomic_file import sync
from adapters.gateway.order_events import OrderEvent
from sellcore.errors import StorageError
from sellcore.instant import iso


class Ledger:
    """
    Appends one line for each event, on disk before anybody is told of it.

    It owes nothing to what the application writes about itself: it is the
    other side's word.
    """

    def __init__(self, path: Path) -> None:
        """
        Open the file at the end of what it holds.

        Raises:
            StorageError: it cannot be opened.
        """
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise _failed(path, error) from None

    def write(self, event: OrderEvent, now: datetime) -> None:
        """
        Append one event, at the simulated instant it happened.

        Raises:
            StorageError: it is not on disk.
        """
        line = json.dumps(_entry(event, now), ensure_ascii=False).encode() + b"\n"
        try:
            if self._file.write(line) != len(line):
                raise OSError("only a part of a line could be written")
            sync(self._file.fileno())
        except OSError as error:
            raise _failed(self._path, error) from None

    def close(self) -> None:
        """Close the file; every line is on disk already."""
        self._file.close()


def _failed(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"ledger {path}: {error.strerror or error}; "
        "give a file in a folder that exists and can be written to"
    )


def _count(shares: Decimal) -> int | float:
    return int(shares) if shares == shares.to_integral_value() else float(shares)


def _entry(event: OrderEvent, now: datetime) -> dict[str, object]:
    order, execution = event.order, event.execution
    price = execution.price if execution else order.terms.price
    return {
        "time": iso(execution.at if execution else order.finished or now),
        "event": event.kind.value,
        "client_id": order.client_id,
        "order_id": order.order_id,
        "perm_id": order.perm_id,
        "con_id": order.listing.con_id,
        "ticker": order.listing.ticker,
        "account": order.account,
        "action": order.action.value,
        "type": order.terms.type.value,
        "tif": order.terms.tif.value,
        "quantity": _count(execution.shares if execution else order.terms.quantity),
        "filled": _count(order.filled),
        "price": price,
        "status": order.status.value,
        "order_ref": order.order_ref,
        "exec_id": execution.exec_id if execution else None,
        "text": order.outcome or event.text,
    }
