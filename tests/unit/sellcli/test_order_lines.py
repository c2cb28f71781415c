"""What a dry run says of an order that it prepared."""

import pytest
from attrs import evolve
from tests.builders import an_order
from tests.journal_builders import a_record, stock

from sellcli.screen.lines import prepared
from sellcore.event import Prepared
from sellcore.order import Mode

STOP = an_order(stock(1))


@pytest.mark.parametrize(
    ("clients", "ends"),
    [
        ((), "; not sent (dry-run)"),
        ((0,), "; not sent (dry-run); live it would be denied: only client 0 can cancel that"),
        ((9, 0, 9), "; live it would be denied: only client 0 or 9 can cancel that"),
    ],
)
def test_dry_run_names_who_must_cancel_what_live_selling_could_not(clients, ends):
    """A rehearsal that promised a sale which live would deny would be none."""
    record = a_record()
    intent = evolve(record.intent, mode=Mode.DRY_RUN)
    foreign = tuple(evolve(STOP, client_id=number) for number in clients)

    assert prepared(Prepared(record.not_before, intent, foreign)).endswith(ends)
