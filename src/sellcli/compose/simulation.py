"""The simulated gateway: what it starts from, and running it by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from adapters.gateway.scenario import Scenario


@frozen
class Simulation:
    """
    What a simulated run is made of.

    Attributes:
        scenario: What the gateway starts from.
        built_in: It is the one that ships with the product: a demonstration.
        pace: Real seconds that a simulated minute takes.
        end: When the run ends by itself, UTC.
    """

    scenario: "Scenario"
    built_in: bool
    pace: float
    end: datetime


DEMO_PACE = 0.15
"""Seconds a minute of the demonstration takes: the day passes in about one minute."""

AFTER_CLOSE = timedelta(minutes=5)
"""A simulated day ends this long after its session's close."""

_INTO_THE_DAY = timedelta(minutes=45)


def simulation(scenario: Path | None, data: Path | None, pace: float | None) -> Simulation:
    """
    Return the simulation that the flags ask for.

    Raises:
        ConfigError: the scenario or the data folder cannot be used.
    """
    from attrs import evolve

    from adapters.calendar import SessionTable
    from adapters.gateway.folder_scenario import folder_scenario
    from adapters.gateway.scenario import default_scenario, load_scenario

    calendar = SessionTable()
    if scenario is not None:
        chosen = load_scenario(scenario)
        chosen = chosen if data is None else evolve(chosen, data=data)
    elif data is not None:
        chosen = folder_scenario(data, calendar)
    else:
        chosen = default_scenario()
    built_in = scenario is None and data is None
    return Simulation(
        scenario=chosen,
        built_in=built_in,
        pace=DEMO_PACE if pace is None else pace,
        end=chosen.end or _day_end(chosen),
    )


def alone(simulation: Simulation) -> "Scenario":
    """
    Return the scenario for a gateway that runs by itself.

    The demonstration begins before the open, to be watched; who tries out a
    client of their own wants a market that is open.
    """
    from attrs import evolve

    chosen = simulation.scenario
    return evolve(chosen, start=chosen.start + _INTO_THE_DAY) if simulation.built_in else chosen


def _day_end(scenario: "Scenario") -> datetime:
    from adapters.calendar import SessionTable
    from sellcore.errors import CalendarError, ConfigError

    first = scenario.start.date()
    exchanges = [p.ticker.partition(":")[0] for p in scenario.positions] or ["NYSE"]
    closes = []
    for exchange in dict.fromkeys([*exchanges, "NYSE"]):
        try:
            days = SessionTable().sessions(exchange, first, first + timedelta(days=10))
        except CalendarError:
            continue
        closes += [day.close for day in days if day.close > scenario.start][:1]
    if not closes:
        raise ConfigError(
            f"no session is known after {scenario.start:%Y-%m-%d %H:%M}Z; "
            "begin the scenario on a day that the calendar has, or give it an end"
        )
    return min(closes) + AFTER_CLOSE


@contextmanager
def gateway(
    scenario: "Scenario", host: str, port: int, pace: float, record: Path | None
) -> Iterator[tuple[tuple[str, int], Callable[[], None]]]:
    """
    Run the simulated gateway by itself; its clock runs at ``pace`` seconds a minute.

    Yields where it listens, and what to call to stay.
    """
    from adapters.calendar import SessionTable
    from adapters.gateway.running_clock import RunningClock
    from adapters.gateway.server import GatewayServer

    clock = RunningClock(scenario.start, pace=pace)
    server = GatewayServer(scenario, clock, SessionTable(), host=host, port=port, record=record)
    try:
        yield server.start(), server.serve
    finally:
        server.stop()


def fault_lines() -> Iterator[str]:
    """Yield what ``sellcli gateway --help-faults`` prints."""
    from adapters.gateway.fault_table import help_rows

    for kind, parameters, what in help_rows():
        yield f"{kind:<20} {what}{f' ({parameters})' if parameters else ''}"
