"""``sellcli config``: every setting, its value and where it came from."""

import json
import os
from collections.abc import Mapping

import click

from sellcli.flags.settings import setting_options
from sellcli.setting_sources import SECRETS
from sellcli.settings import DEFAULT, KEYS, Settings

Row = tuple[str, str | int | float | bool, str, str]


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
    rows: list[Row] = [
        (
            key.path,
            key.kind.shown(getattr(settings, key.name)),
            settings.origin(key.name),
            key.meaning,
        )
        for key in KEYS.values()
    ]
    rows += _secrets(os.environ)
    if as_json:
        found = {path: {"value": value, "origin": origin} for path, value, origin, _ in rows}
        click.echo(json.dumps(found, indent=2))
        return
    names = max(len(path) for path, *_ in rows)
    values = max(len(_shown(value)) for _, value, *_ in rows)
    for path, value, origin, meaning in rows:
        where = "" if origin == DEFAULT else f"  (from {origin})"
        click.echo(f"{path:<{names}}  {_shown(value):<{values}}  {meaning}{where}")


def _secrets(environment: Mapping[str, str]) -> list[Row]:
    """Say of each secret whether it is set, and no more."""
    return [
        (variable, "set", variable, meaning)
        if environment.get(variable)
        else (variable, "not set", DEFAULT, meaning)
        for variable, meaning in SECRETS.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value == "" else str(value)
