"""``sellcli config``: every setting, its value and where it came from."""

import json

import click

from sellcli.options import setting_options
from sellcli.setting_kinds import plain
from sellcli.settings import KEYS, Settings


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options()
def command(settings: Settings, as_json: bool) -> None:
    """
    Show every setting with its value and where that came from.

    \b
    Example:
      SELLCLI_PORT=4002 sellcli config
    """
    rows = [
        (key.path, plain(getattr(settings, key.name)), settings.origin(key.name), key.meaning)
        for key in KEYS.values()
    ]
    if as_json:
        found = {path: {"value": value, "origin": origin} for path, value, origin, _ in rows}
        click.echo(json.dumps(found, indent=2))
        return
    names = max(len(path) for path, *_ in rows)
    values = max(len(_shown(value)) for _, value, *_ in rows)
    for path, value, origin, meaning in rows:
        where = "" if origin == "default" else f"  (from {origin})"
        click.echo(f"{path:<{names}}  {_shown(value):<{values}}  {meaning}{where}")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value == "" else str(value)
