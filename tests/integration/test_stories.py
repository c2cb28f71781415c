"""Two thousand stories of a day on which things go wrong, and what they must not come to."""

import pytest
from tests.integration.simulation.story import tell

STORIES = 2000
CHUNK = 100


@pytest.mark.parametrize("first", range(0, STORIES, CHUNK))
def test_stories_keep_every_promise(first: int) -> None:
    """Never short, never twice, never without a record, never without a reason."""
    endings = [tell(seed) for seed in range(first, first + CHUNK)]

    assert [(ending.seed, ending.broken) for ending in endings if ending.broken] == []
    assert any(ending.states for ending in endings), "stories without a sale prove nothing"


@pytest.mark.parametrize("seed", [3, 16, 77])
def test_same_seed_tells_the_same_story(seed: int) -> None:
    """Word for word: a failure can be told again."""
    one, other = tell(seed, trace=True), tell(seed, trace=True)

    assert one.trace == other.trace
    assert one.journal == other.journal


def test_stories_reach_every_end() -> None:
    """Filled, denied, cancelled, rejected, not sent and unknown: each of them happens."""
    reached = {state for seed in range(600) for state in tell(seed).states}

    assert {"filled", "denied", "cancelled", "rejected", "not sent"} <= reached
