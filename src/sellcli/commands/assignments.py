"""``sellcli assignments``: which ticker follows which rule."""

import json
from pathlib import Path

import click

from sellcli.flags.settings import setting_options
from sellcli.settings import Settings
from sellcore.errors import ConfigError


@click.command("assignments")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--export", "export_to", type=click.Path(), help="Write all of them to this CSV.")
@click.option("--import", "import_from", type=click.Path(), help="Take over those of this CSV.")
@setting_options("assignments")
def command(
    settings: Settings, as_json: bool, export_to: str | None, import_from: str | None
) -> None:
    """
    Show, export or import which ticker follows which rule.

    \b
    Example:
      sellcli assignments --export backup.csv
    """
    from sellcli.compose.files import assignment_file, assignment_store

    store = assignment_store(settings)
    if import_from is not None:
        if not Path(import_from).is_file():
            raise ConfigError(f"{import_from}: no such file to import from")
        brought = assignment_file(Path(import_from)).load()
        if brought.problems:
            raise ConfigError(f"{brought.problems[0]}; nothing was imported, mend it and try again")
        store.assign_all(brought.rules)
        click.echo(f"imported {len(brought.rules)} assignments from {import_from}", err=True)
        text = "a watch that runs goes on by what it read; start it again to heed these"
        click.echo(text, err=True)
    found = store.load()
    for problem in found.problems:
        click.echo(f"sellcli: {problem}", err=True)
    if export_to is not None:
        assignment_file(Path(export_to)).assign_all(found.rules)
        click.echo(f"exported {len(found.rules)} assignments to {export_to}", err=True)
    if as_json:
        rows = [
            {
                "ticker": ticker,
                "type": str(rule.kind),
                "length": rule.length,
                "timeframe": str(rule.timeframe),
            }
            for ticker, rule in found.rules.items()
        ]
        click.echo(json.dumps({"assignments": rows, "problems": list(found.problems)}, indent=2))
    elif import_from is None and export_to is None:
        width = max((len(ticker) for ticker in found.rules), default=0)
        for ticker, rule in sorted(found.rules.items()):
            click.echo(f"{ticker:<{width}}  {rule}")
        if not found.rules:
            click.echo(
                f"no assignments yet in {settings.assignments}; see 'sellcli assign --help'",
                err=True,
            )
