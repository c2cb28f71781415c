"""How figures are taken: side by side, in turns, as medians."""

import tracemalloc
from collections.abc import Callable, Sequence
from enum import Enum
from statistics import median
from time import perf_counter

from attrs import frozen

Task = Callable[[], object]


class Unit(Enum):
    """What a figure counts."""

    SECONDS = "s"
    BYTES = "B"
    NUMBER = ""

    def show(self, value: float) -> str:
        """Return the figure with three digits and a prefix that suits it."""
        steps = _STEPS[self]
        size, name = next((step for step in steps if value >= step[0]), steps[-1])
        return f"{value / size:.3g} {name}".rstrip()


_STEPS: dict[Unit, tuple[tuple[float, str], ...]] = {
    Unit.SECONDS: ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")),
    Unit.BYTES: ((2**20, "MiB"), (2**10, "KiB"), (1, "B")),
    Unit.NUMBER: ((1, ""),),
}


@frozen
class Goal:
    """
    What a figure should reach.

    Attributes:
        most: The largest figure that reaches it.
        of_reference: The figure is the ratio to the reference, not our own.
    """

    most: float
    of_reference: bool = False


@frozen
class Row:
    """
    One line of the table.

    Attributes:
        what: What was measured, in a few words.
        ours: Our figure; for times the median.
        unit: Of ours, reference and machine.
        reference: The same of the reference, taken in turns with ours.
        against: What the reference is.
        machine: What this machine needs for moving as many bytes and nothing else.
        goal: What ours should reach.
    """

    what: str
    ours: float
    unit: Unit = Unit.SECONDS
    reference: float | None = None
    against: str = ""
    machine: float | None = None
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the reference."""
        return self.ours / self.reference if self.reference else None

    @property
    def met(self) -> bool | None:
        """Whether the goal was reached; None without one."""
        if self.goal is None:
            return None
        figure = self.ratio if self.goal.of_reference else self.ours
        return figure is not None and figure <= self.goal.most


def medians(tasks: Sequence[Task], repeats: int) -> list[float]:
    """
    Return the median seconds of each task, run in turns.

    Turns (A B C, B C A, ...) spread what else the machine does over all of them,
    and no task always follows the same one. One round before does not count.
    """
    seconds: list[list[float]] = [[] for _ in tasks]
    for turn in range(repeats + 1):
        for step in range(len(tasks)):
            index = (turn + step) % len(tasks)
            started = perf_counter()
            tasks[index]()
            elapsed = perf_counter() - started
            if turn:
                seconds[index].append(elapsed)
    return [median(column) for column in seconds]


def peak_memory(task: Task) -> int:
    """Return the most bytes that Python and numpy held at once for a task, its result included."""
    tracemalloc.start()
    try:
        task()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
