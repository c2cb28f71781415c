"""``sellcli halt``: end all selling within a minute, until further notice."""

import json

import click

from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("halt")
@click.argument("reason", nargs=-1, metavar="[REASON]")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("state_dir")
def command(settings: Settings, reason: tuple[str, ...], as_json: bool) -> None:
    """
    Halt selling: a sellcli that runs sends nothing more from its next cycle on,
    within a minute, and none sends anything until 'sellcli resume'. Watching
    goes on. Orders that are at the broker already stay there.

    \b
    Example:
      sellcli halt earnings tonight
    """
    from sellcli.compose.files import kill_switch

    switch = kill_switch(settings)
    new_folder = not switch.path.parent.exists()
    before = switch.thrown()
    if before is None or reason:
        switch.throw(" ".join(reason))
    now = switch.thrown()
    path = switch.path.absolute()
    if as_json:
        document = {"halted": True, "reason": now, "before": before, "file": str(path)}
        click.echo(json.dumps(document, indent=2))
    else:
        was = {None: "halted", now: "was halted already"}.get(before, "halted anew")
        click.echo(f"{was}: {now}")
        click.echo(
            f"  {path} is there; a sellcli that runs sends nothing from its next cycle on, within "
            "a minute.\n  Orders at the broker stay there: cancel them in TWS. "
            "'sellcli resume' ends the halt."
        )
    if new_folder:
        click.echo(
            f"sellcli: no folder {path.parent} was there; does your sellcli run in this directory?",
            err=True,
        )
