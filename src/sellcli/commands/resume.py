"""``sellcli resume``: let selling go on after a halt."""

import json

import click

from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("resume")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("state_dir")
def command(settings: Settings, as_json: bool) -> None:
    """
    End a halt: a sellcli that runs and is armed may send again from its next
    cycle on, within a minute. It arms nothing by itself.

    \b
    Example:
      sellcli resume
    """
    from sellcli.compose.files import kill_switch

    switch = kill_switch(settings)
    before = switch.thrown()
    switch.release()
    path = switch.path.absolute()
    if as_json:
        document = {"halted": False, "reason": None, "before": before, "file": str(path)}
        click.echo(json.dumps(document, indent=2))
    elif before is None:
        click.echo(f"was not halted: no {path} is there")
    else:
        click.echo(f"resumed; it was halted: {before}")
        click.echo(
            f"  {path} is gone; a sellcli that runs and is armed may send again from its next "
            "cycle on, within a minute."
        )
