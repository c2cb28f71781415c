"""``sellcli gateway``: the simulated gateway, for any TWS API client."""

from pathlib import Path

import click

from sellcli.flags.gateway import Seconds
from sellcli.interrupts import farewell


@click.command("gateway")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4001,
    show_default=True,
    help="0: any free one.",
)
@click.option("--scenario", type=click.Path(path_type=Path), help="TOML file to start from.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of bars to serve.")
@click.option(
    "--pace",
    type=Seconds(min=0),
    help="Real seconds a simulated minute takes. [default: 60; with --clock 0]",
)
@click.option(
    "--clock",
    type=click.IntRange(0, 65535),
    help="Port to serve the time on, which then moves only as asked for; 0: any free one.",
)
@click.option(
    "--record", type=click.Path(path_type=Path), help="Write every order here, as JSON lines."
)
@click.option("--help-faults", is_flag=True, help="List the faults that a scenario can bring.")
def command(
    host: str,
    port: int,
    scenario: Path | None,
    data: Path | None,
    pace: float | None,
    clock: int | None,
    record: Path | None,
    help_faults: bool,
) -> None:
    """
    Serve the TWS API with simulated positions, bars and orders, until Ctrl-C.

    \b
    Example:
      sellcli gateway --port 4002 --scenario day.toml --record orders.jsonl
      sellcli gateway --port 4002 --clock 4003
    """
    from sellcli.compose import simulation as simulated

    if help_faults:
        for line in simulated.fault_lines():
            click.echo(line)
        return
    if pace == 0 and clock is None:
        raise click.UsageError(
            "--pace 0 needs --clock; add --clock 0 for a clock that its clients move, or give a "
            "pace above zero"
        )
    chosen = simulated.for_others(scenario, data, running=clock is None)
    try:
        with simulated.gateway(chosen, host, (port, clock), pace, record) as standing:
            address, served = standing.address, standing.clock
            timed = f"clock on {served[0]}:{served[1]}; " if served else ""
            click.echo(
                f"simulated gateway on {address[0]}:{address[1]}, account {chosen.account}, "
                f"{chosen.start:%Y-%m-%d %H:%M:%S}Z; {timed}Ctrl-C ends it",
                err=True,
            )
            standing.stay()
    except KeyboardInterrupt as interrupt:
        click.echo(farewell(interrupt), err=True)
