"""``sellcli status``: the tables once, nothing decided, nothing recorded."""

from pathlib import Path

import click

from sellcli.flags.gateway import simulation_options
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@simulation_options
@setting_options(
    "host", "port", "account", "client_id", "concurrency", "cache_dir", "log_dir", "assignments"
)
def command(
    settings: Settings,
    as_json: bool,
    simulate: bool,
    scenario: Path | None,
    data: Path | None,
    pace: float | None,
) -> None:
    """
    Show every holding and its distance to all averages; decide nothing.

    \b
    Example:
      sellcli status --json
    """
    import json

    from attrs import evolve

    from sellcli.compose.simulation import simulation
    from sellcli.compose.watch import wired
    from sellcli.screen.choose import TablesOnly
    from sellcli.screen.json_forms import status_form
    from sellcore.usecases.decide import holdings
    from sellcore.usecases.report import report
    from sellcore.usecases.watch import begin

    simulated = simulation(scenario, data, pace) if simulate else None
    screen = TablesOnly()
    with wired(settings, simulated, screen) as wiring:
        state = begin(wiring.ports, evolve(wiring.terms, assigns=False), None)
        status = report(wiring.ports, state, holdings(state))
    if as_json:
        click.echo(json.dumps(status_form(status), indent=2, allow_nan=False))
    else:
        screen.show(status)
