"""How far a sweep is, on stderr, where somebody looks at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

WORDS = {"sweep": "every rule on every ticker", "luck": "day by day, to judge luck"}
"""What is being done, by the name of the step."""


@contextmanager
def sweep_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yield what is told how far a step is; without a terminal nothing is shown."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        tasks = {
            name: bar.add_task(words, total=None, start=False, visible=False)
            for name, words in WORDS.items()
        }

        def on_step(name: str, done: int, total: int) -> None:
            bar.start_task(tasks[name])
            bar.update(tasks[name], completed=done, total=total, visible=True)

        yield on_step
