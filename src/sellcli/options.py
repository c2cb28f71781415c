"""Command-line options, made from the table of settings."""

import functools
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sellcli.setting_sources import load_settings
from sellcli.settings import KEYS

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[Command], Command]:
    """
    Give a command ``--config`` and a flag for each named setting.

    The command is called with ``settings``: defaults, file, environment and
    flags laid over each other.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings(*args: Any, config: Path | None, **given: Any) -> Any:
            flags = {name: given.pop(name) for name in names}
            settings = load_settings(config, os.environ, flags)
            return command(*args, settings=settings, **given)

        decorated: Any = with_settings
        for name in reversed(names):
            key = KEYS[name]
            default = f" [default: {key.shown_default}]" if key.shown_default != "" else ""
            decorated = click.option(
                key.flag, name, metavar=name.split("_")[-1].upper(), help=key.meaning + default
            )(decorated)
        option = click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="The TOML file of settings. [default: config/sellcli.toml, if it exists]",
        )
        finished: Command = option(decorated)
        return finished

    return decorate


class Seconds(click.FloatRange):
    """Seconds to wait: a number, and neither nan nor infinite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Refuse what cannot be waited for."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is not a number of seconds", param, ctx)
        return seconds


def simulation_options(command: Command) -> Command:
    """Give a command the flags that run it against the simulated gateway."""

    @functools.wraps(command)
    def checked(*args: Any, simulate: bool, **given: Any) -> Any:
        for name in ("scenario", "data", "pace"):
            if not simulate and given[name] is not None:
                raise click.UsageError(
                    f"--{name} needs --simulate; add that, or leave --{name} out for a real Gateway"
                )
        return command(*args, simulate=simulate, **given)

    decorated: Any = checked
    for option in (
        click.option(
            "--pace",
            type=Seconds(min=0),
            help="Real seconds a simulated minute takes; 0: as fast as it goes.",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            help="Folder of bars to simulate on, EXCHANGE_SYMBOL_30m.csv and the like.",
        ),
        click.option(
            "--scenario",
            type=click.Path(path_type=Path),
            help="TOML file with positions, orders, bars and faults to simulate.",
        ),
        click.option("--simulate", is_flag=True, help="Run against a simulated gateway."),
    ):
        decorated = option(decorated)
    finished: Command = decorated
    return finished
