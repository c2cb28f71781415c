"""The flags that run a command against a simulated gateway, in this process or in another."""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


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


def _host_and_port(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, int] | None:
    """Part an address in two, and refuse what is none."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")  # as addresses of IPv6 are written
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise click.BadParameter(f"'{value}' is not HOST:PORT, e.g. 127.0.0.1:4002", ctx, param)
    return host, int(port)


def elsewhere_options(command: Command) -> Command:
    """
    Give a command the flags for a simulated gateway in a process of its own.

    It is called with ``elsewhere``: the gateway's address and its clock's, or None.
    Belongs below ``simulation_options``.
    """

    @functools.wraps(command)
    def checked(*args: Any, gateway: Any, clock: Any, **given: Any) -> Any:
        for name, value, other, missing in (
            ("gateway", gateway, "clock", clock),
            ("clock", clock, "gateway", gateway),
        ):
            if value is not None and not given["simulate"]:
                raise click.UsageError(
                    f"--{name} needs --simulate; add that, or give --host and --port of a real "
                    "Gateway instead"
                )
            if value is not None and missing is None:
                raise click.UsageError(
                    f"--{name} needs --{other}; add --{other} HOST:PORT as 'sellcli gateway "
                    "--clock 0' says on start, or leave both out"
                )
        if gateway is not None and given["data"] is not None:
            raise click.UsageError(
                "--data is the gateway's to read where --gateway is given; leave it out here and "
                "give it to 'sellcli gateway'"
            )
        return command(*args, elsewhere=(gateway, clock) if gateway else None, **given)

    decorated: Any = checked
    for option in (
        click.option(
            "--clock",
            metavar="HOST:PORT",
            callback=_host_and_port,
            help="With --gateway: its clock, which both go by.",
        ),
        click.option(
            "--gateway",
            metavar="HOST:PORT",
            callback=_host_and_port,
            help="With --simulate: a 'sellcli gateway --clock' to use, instead of one in here.",
        ),
    ):
        decorated = option(decorated)
    finished: Command = decorated
    return finished
