"""Walk-forward: what is chosen, what is followed, and that nothing comes of what is not known."""

from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.backtest import Training, walk_forward
from sellcore.errors import InvalidValue

shapes = st.tuples(st.integers(1, 4), st.integers(4, 60))


@given(shapes, st.integers(2, 30), st.integers(1, 20), st.sampled_from(Training), st.integers(0, 9))
def test_windows_cover_what_follows_the_first_training(shape, train, test, training, seed):
    """Apart, without a gap, and each choice the best of what was known before."""
    returns = np.random.default_rng(seed).normal(0, 0.01, shape)
    if train >= shape[1]:
        with pytest.raises(InvalidValue, match="do not fit"):
            walk_forward(returns, train=train, test=test, training=training)
        return
    found = walk_forward(returns, train=train, test=test, training=training)
    followed = [bar for window in found.windows for bar in range(window.first, window.end)]

    assert followed == list(range(train, shape[1]))
    for window in found.windows:
        known = returns[:, window.learned_from : window.first]
        ratios = [np.mean(row) / np.std(row, ddof=1) for row in known]

        assert window.learned_from == (window.first - train if training is Training.ROLLING else 0)
        assert ratios[window.chosen] == pytest.approx(max(ratios))
        assert window.sharpe_before == pytest.approx(max(ratios))
    chained = [w.chosen for w in found.windows for _ in range(w.first, w.end)]
    assert found.returns.tolist() == [
        returns[rule, bar] for rule, bar in zip(chained, followed, strict=True)
    ]


@given(st.integers(0, 50))
def test_what_comes_later_changes_no_choice(seed):
    """A choice rests on the bars before its window and nothing else."""
    returns = np.random.default_rng(seed).normal(0, 0.01, (5, 90))
    changed = returns.copy()
    changed[:, 60:] = changed[::-1, 60:]
    choices = [
        [w.chosen for w in walk_forward(each, train=30, test=10).windows if w.first <= 60]
        for each in (returns, changed)
    ]

    assert choices[0] == choices[1]


def test_growth_compounds_the_returns_followed():
    """One unit, one return after the other."""
    found = walk_forward(np.array([[0.1, 0.2, 0.1, -0.5]]), train=2, test=1)

    assert found.growth.tolist() == pytest.approx([1.1, 0.55])


@pytest.mark.parametrize("test", [20, 2])
def test_each_window_tells_how_good_its_rule_was_before_and_after(test):
    """Mean over deviation, of the bars that were learned from and of those that followed."""
    returns = np.random.default_rng(8).normal(0, 0.01, (4, 90))

    for window in walk_forward(returns, train=30, test=test).windows:
        before = returns[window.chosen, window.learned_from : window.first].tolist()
        after = returns[window.chosen, window.first : window.end].tolist()
        assert window.sharpe_before == pytest.approx(mean(before) / stdev(before))
        assert window.sharpe_after == pytest.approx(mean(after) / stdev(after))


def test_one_bar_alone_has_no_ratio():
    """Nothing spreads in it."""
    returns = np.random.default_rng(8).normal(0, 0.01, (4, 33))

    assert [w.sharpe_after for w in walk_forward(returns, train=30, test=1).windows] == [0.0] * 3


@pytest.mark.parametrize("name", ["train", "test"])
def test_bars_that_are_no_number_are_told_by_their_name(name: str) -> None:
    """Whichever of both it is."""
    with pytest.raises(InvalidValue, match=f"^{name} 2.5 is not a whole number"):
        walk_forward(np.zeros((2, 9)), **{"train": 3, "test": 2, name: 2.5})
