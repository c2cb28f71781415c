"""How a watch ends, and who is told."""

import pytest
from tests.selling_desk import SellingDesk

from sellcore.errors import StorageError
from sellcore.usecases.ending import ENDED, telling_its_end
from sellcore.usecases.watch_state import WatchState


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, []),
        (KeyboardInterrupt(), []),
        (StorageError("the disk is gone"), [("ended", ENDED)]),
        (BrokenPipeError(), [("ended", ENDED)]),
        (ZeroDivisionError(), [("ended", ENDED)]),
    ],
)
def test_only_a_watch_that_dies_is_told_of(
    error: BaseException | None, told: list[tuple[str, str]]
) -> None:
    """Who ends it by hand knows; the error itself goes its way."""
    desk = SellingDesk()
    state = WatchState("DU0000001", desk.true.moment)

    def end() -> None:
        with telling_its_end(desk.ports(), state):
            if error is not None:
                raise error

    if error is None:
        end()
    else:
        with pytest.raises(type(error)) as met:
            end()
        assert met.value is error
    assert [(str(notice.cause), notice.text) for notice in desk.told.sent] == told
