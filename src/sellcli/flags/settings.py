"""``--config``, and a flag for each setting that a command goes by."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from sellcli.setting_sources import load_settings
from sellcli.settings import KEYS

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[Command], Command]:
    """
    Give a command ``--config`` and a flag for each named setting.

    The command is called with ``settings``: defaults, file, environment and
    flags laid over each other.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings(*args: Any, config: Path | None, **given: Any) -> Any:
            flags = {name: given.pop(name) for name in names}
            settings = load_settings(config, os.environ, flags)
            return command(*args, settings=settings, **given)

        decorated: Any = with_settings
        for name in reversed(names):
            key = KEYS[name]
            default = f" [default: {key.shown_default}]" if key.shown_default != "" else ""
            decorated = click.option(
                key.flag, name, metavar=name.split("_")[-1].upper(), help=key.meaning + default
            )(decorated)
        option = click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="The TOML file of settings. [default: config/sellcli.toml, if it exists]",
        )
        finished: Command = option(decorated)
        return finished

    return decorate
