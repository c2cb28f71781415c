"""``sellcli start``: watch all day."""

import gc
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sellcli.exits import Exit, of_a_run
from sellcli.flags.gateway import elsewhere_options, simulation_options
from sellcli.flags.settings import setting_options
from sellcli.interrupts import farewell
from sellcli.prompt import ask_account
from sellcli.settings import Settings
from sellcli.streams import write_at_once
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sellcli.compose.simulation import Address
    from sellcli.compose.watch import Wiring
    from sellcli.screen.choose import Listener
    from sellcore.event import Summary
    from sellcore.ports.connection import Login
    from sellcore.usecases.rules import Ask


@click.command("start")
@click.option(
    "--live/--dry-run",
    "live",
    default=False,
    help="Dry-run (the default) prepares orders and logs them; live sends them, once armed.",
)
@click.option(
    "--arm-until", metavar="HH:MM", help="Arm it without asking, until this time here today."
)
@click.option("--once", is_flag=True, help="One cycle instead of the whole day.")
@click.option("--no-input", is_flag=True, help="Never ask: holdings without a rule stay unsold.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on stdout; --once: a document.")
@simulation_options
@elsewhere_options
@setting_options(
    "host",
    "port",
    "account",
    "client_id",
    "concurrency",
    "default_rule",
    "cache_dir",
    "log_dir",
    "state_dir",
    "assignments",
)
def command(
    settings: Settings,
    live: bool,
    arm_until: str | None,
    once: bool,
    no_input: bool,
    as_json: bool,
    simulate: bool,
    scenario: Path | None,
    data: Path | None,
    pace: float | None,
    elsewhere: "tuple[Address, Address] | None",
) -> Exit:
    """
    Watch every holding: each minute the data and the table, each hour the decisions.

    \b
    Example:
      sellcli start --simulate
      sellcli start --port 4002 --default-rule SMA,50,1H
    """
    if arm_until is not None and not live:
        raise click.UsageError("--arm-until is for --live; add that, or leave it out")

    from attrs import evolve

    from sellcli.compose.alerts import alerts
    from sellcli.compose.simulation import simulation
    from sellcli.compose.watch import wired
    from sellcli.screen.choose import listener

    simulated = simulation(scenario, data, pace, elsewhere) if simulate else None
    ask = _asker(settings, no_input or bool(simulated and simulated.built_in))
    log = str(settings.log_dir / "signals.log")
    kind = settings.live_kind if live else None
    screen = listener(as_json=as_json, once=once, log=log, kind=kind)
    if live and not once:
        from sellcli.screen.enduring import Enduring

        screen = Enduring(screen, lambda text: click.echo(f"sellcli: {text}", err=True))
    came_to: Exit | None = None
    try:
        with (
            wired(settings, simulated, screen) as wiring,
            alerts(settings, os.environ, _bell() if live else None) as fan_out,
        ):
            wiring = evolve(wiring, ports=evolve(wiring.ports, alerts=fan_out))
            with _armed(wiring, settings, live, arm_until, no_input) as (ready, login):
                final = _watch(ready, screen, ask, once=once, login=login)
                came_to = of_a_run(final)  # before it is shown: whoever sees it may ask once more
                screen(final)
    except KeyboardInterrupt:
        if came_to is None:
            raise
        # Asked once more while all was closed: it ends as it has ended.
    finally:
        screen.close()
    return came_to


def _armed(
    wiring: "Wiring", settings: Settings, live: bool, arm_until: str | None, no_input: bool
) -> "AbstractContextManager[tuple[Wiring, Login | None]]":
    """Return the wiring of a watch, with its login where that came first: live, once armed."""
    if not live:
        return nullcontext((wiring, None))
    from sellcli.compose.selling import selling
    from sellcli.flags.arm_until import arm_until as read_time

    until = None if arm_until is None else partial(read_time, arm_until)
    typist = ask_account if sys.stdin.isatty() and not no_input else None
    return selling(wiring, settings, until=until, ask=typist)


def _bell() -> Callable[[str], object] | None:
    """Return what rings at each alert; its words are on the screen already."""

    def ring(text: str) -> object:
        return write_at_once(sys.stderr, "\a" if text.startswith("\a") else "")

    return ring if sys.stderr.isatty() else None


def _watch(
    wiring: "Wiring",
    screen: "Listener",
    ask: "Ask | None",
    *,
    once: bool,
    login: "Login | None" = None,
) -> "Summary":
    """Watch to the end, and return what came of it."""
    from attrs import evolve

    from sellcli.compose.alerts import looked_after
    from sellcore.usecases.ending import telling_its_end
    from sellcore.usecases.watch import begin, cycle, run, summary

    ports, terms = wiring.ports, wiring.terms
    state = begin(ports, terms, ask, login)
    gc.freeze()  # a year of bars stays: to search it for garbage outlasts a minute's work
    try:
        with telling_its_end(ports, state):
            if once:
                cycle(ports, state, terms, show=True)
            else:
                with looked_after(wiring, state.account) as clock:
                    run(evolve(ports, clock=clock), state, terms)
    except KeyboardInterrupt as interrupt:
        screen.close()
        click.echo(farewell(interrupt), err=True)
    return summary(ports, state)


def _asker(settings: Settings, silent: bool) -> "Ask | None":
    """Return how to ask for a missing rule, or None where nobody is to be asked."""
    if silent or settings.default_rule is not None:
        return None
    if not sys.stdin.isatty():
        return _nobody_to_ask
    from sellcli.prompt import ask_rule

    return ask_rule


def _nobody_to_ask(ticker: str) -> None:
    raise ConfigError(
        f"{ticker} follows no rule and there is no terminal to ask on; add --no-input to watch it "
        "unsold, --default-rule SMA,50,1H, or run 'sellcli assign'"
    )
