"""``sellcli start``: watch all day."""

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sellcli.interrupts import farewell
from sellcli.options import elsewhere_options, setting_options, simulation_options
from sellcli.settings import Settings
from sellcore.errors import ConfigError, Denied

if TYPE_CHECKING:
    from sellcli.compose.simulation import Address
    from sellcore.usecases.rules import Ask


@click.command("start")
@click.option(
    "--live/--dry-run",
    "live",
    default=False,
    help="Dry-run (the default) prepares orders and logs them; live would send them.",
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
    "assignments",
)
def command(
    settings: Settings,
    live: bool,
    once: bool,
    no_input: bool,
    as_json: bool,
    simulate: bool,
    scenario: Path | None,
    data: Path | None,
    pace: float | None,
    elsewhere: "tuple[Address, Address] | None",
) -> None:
    """
    Watch every holding: each minute the data and the table, each hour the decisions.

    \b
    Example:
      sellcli start --simulate
      sellcli start --port 4002 --default-rule SMA,50,1H
    """
    if live:
        raise Denied("live orders cannot be sent by this version; leave --live out")
    from sellcli.compose.simulation import simulation
    from sellcli.compose.watch import wired
    from sellcli.screen.choose import listener
    from sellcore.usecases.watch import begin, cycle, run, summary

    simulated = simulation(scenario, data, pace, elsewhere) if simulate else None
    ask = _asker(settings, no_input or bool(simulated and simulated.built_in))
    screen = listener(as_json=as_json, once=once, log=str(settings.log_dir / "signals.log"))
    try:
        with wired(settings, simulated, screen) as wiring:
            ports, terms = wiring.ports, wiring.terms
            state = begin(ports, terms, ask)
            gc.freeze()  # a year of bars stays: to search it for garbage outlasts a minute's work
            try:
                if once:
                    cycle(ports, terms, state, show=True)
                else:
                    run(ports, terms, state)
            except KeyboardInterrupt as interrupt:
                screen.close()
                click.echo(farewell(interrupt), err=True)
            screen(summary(ports, state))
    finally:
        screen.close()


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
