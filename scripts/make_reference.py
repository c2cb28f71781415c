"""
Write the pages of docs/reference that can be derived from the program itself.

    python scripts/make_reference.py

Run it after a change of a command, a setting or a fault and commit what it
writes; tests/integration/test_docs.py compares the pages with the program.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from adapters.gateway.fault_table import HELP, help_rows
from adapters.gateway.faults import REQUESTS, FaultKind
from sellcli.app import app
from sellcli.setting_sources import SECRETS
from sellcli.settings import KEYS, Key
from sellcore.selling.checks import CHECKS
from sellcore.selling.lifecycle import MOVES, State

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by scripts/make_reference.py; change the program, not this page. -->"


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {
        "cli.md": _page(_cli()),
        "configuration.md": _page(_configuration()),
        "faults.md": _page(_faults()),
        "lifecycle.md": _page(_lifecycle()),
        "checks.md": _page(_checks()),
    }


def leaves(group: click.Group, path: str = "sellcli") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that can be run, by the words that run it, in the order of the help."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def _page(blocks: Iterable[str]) -> str:
    return "\n\n".join((NOTE, *blocks)) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines = (head, ["---"] * len(head), *escaped)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cli() -> Iterator[str]:
    yield "# Command line"
    yield (
        "Results go to stdout, everything else to stderr. Every command ends with one of the "
        "[exit codes](exit-codes.md), takes `-h` and `--help`, and whatever goes wrong is one "
        "line that begins with `sellcli:`. `sellcli --version` prints the version."
    )
    yield (
        "A flag that has a setting behind it can stand in a file or in the environment as well: "
        "see [configuration](configuration.md)."
    )
    for path, command in leaves(app):
        yield f"## `{path}`"
        yield from _command(path, command)


def _command(path: str, command: click.Command) -> Iterator[str]:
    text, examples = _help(command)
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    usage = " ".join([path, "[OPTIONS]", *(a.metavar or str(a.name).upper() for a in arguments)])
    yield f"    {usage}"
    yield text
    options = [p for p in command.params if isinstance(p, click.Option)]
    yield _table(("option", "default", "meaning"), map(_option, options))
    if examples:
        yield "```console\n" + "\n".join(f"$ {line}" for line in examples) + "\n```"


def _help(command: click.Command) -> tuple[str, list[str]]:
    """Part a command's help into what it says and the examples that it ends with."""
    text, _, examples = (command.help or "").partition("Example:")
    # A bare \b keeps click from joining the lines that follow it.
    said = " ".join(text.replace("\\b", " ").replace("\b", " ").split())
    return said, [line.strip() for line in examples.splitlines() if line.strip()]


def _option(option: click.Option) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {option.metavar or _kind(option)}"
    meaning, _, inherited = (option.help or "").partition(" [default: ")
    default = inherited.removesuffix("]")
    if not default and option.show_default:
        default = str(option.default)
    return f"{names}{value}", f"`{default}`" if default else "", meaning


def _kind(option: click.Option) -> str:
    return option.type.name.split()[0].upper()


def _configuration() -> Iterator[str]:
    yield "# Configuration"
    yield (
        "Each setting is looked for in four places, the later one wins: its default, the TOML "
        "file (`config/sellcli.toml`, or what `--config` names), the environment, the command "
        "line. A key or a `SELLCLI_` variable that does not exist is an error that names the "
        "nearest one that does. Paths begin at the working directory; `~` is your home."
    )
    yield (
        "`sellcli config` shows every value in force and where it came from. Of a secret it shows "
        "whether it is set, of a webhook's address the host, of a command the program."
    )
    yield "```console\n$ SELLCLI_PORT=4002 sellcli config\n```"
    flags = _flags()
    for key in KEYS.values():
        yield f"## `{key.path}`"
        yield f"{key.meaning[:1].upper()}{key.meaning[1:]}."
        yield _table(("default", "values", "variable", "flag"), [_setting(key, flags)])
    yield "## A file with every setting"
    yield "The values are the defaults. Leave out what you do not change."
    yield f"```toml\n{_toml()}```"
    yield "## Variables that are no settings"
    yield _table(
        ("variable", "meaning"),
        [
            ("`SELLCLI_DEBUG`", "set to anything: a failure prints its whole traceback"),
            (
                "`SELLCLI_ARM`",
                "the account that orders may go to: a key to live orders; never shown",
            ),
            *(
                (f"`{name}`", f"{meaning}; a secret: refused in a file, and never shown")
                for name, meaning in SECRETS.items()
            ),
            ("`SELLCLI_PAPER`", "reserved for the tests that sell on a paper account"),
            ("`NO_COLOR`", "set to anything: no colours"),
        ],
    )


def _flags() -> dict[str, list[str]]:
    """Return the commands that take a flag for each setting."""
    found: dict[str, list[str]] = {}
    for path, command in leaves(app):
        if path == "sellcli gateway":  # its --host and --port say where it listens: no settings
            continue
        for name in [p.name for p in command.params if p.name in KEYS]:
            found.setdefault(str(name), []).append(path.removeprefix("sellcli "))
    return found


def _setting(key: Key, flags: dict[str, list[str]]) -> tuple[str, str, str, str]:
    used = flags.get(key.name)
    flag = f"`{key.flag}` of {', '.join(used)}" if used else ""
    default = _literal(key)
    shown = "empty" if default == '""' else f"`{default}`"
    return shown, key.kind.expected, f"`{key.variable}`", flag


def _literal(key: Key) -> str:
    value = key.shown_default
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _toml() -> str:
    lines: list[str] = []
    section = ""
    for key in KEYS.values():
        if key.section != section:
            section = key.section
            lines.append(f"\n[{section}]")
        name = key.path.rpartition(".")[2]
        lines.append(f"{name} = {_literal(key)}  # {key.meaning}")
    return "\n".join(lines) + "\n"


def _faults() -> Iterator[str]:
    yield "# Faults of the simulated gateway"
    yield (
        "What a `[[fault]]` of a [scenario](scenario.md) can bring. Every fault takes `kind` and "
        "`at`, the simulated instant it begins. One that lasts takes `until`, the first instant "
        "when it is over; without it, it stays. `ticker` limits a fault to one instrument where "
        "that means anything. `sellcli gateway --help-faults` prints the same list."
    )
    yield "```console\n$ sellcli gateway --help-faults\n```"
    rows = (
        (f"`{kind}`", _span(kind), text, _parameters(parameters))
        for kind, parameters, text in help_rows()
    )
    yield _table(("kind", "span", "what happens", "parameters and their defaults"), rows)
    yield "## Requests that a fault can name"
    yield "`requests` is a list of these words:"
    yield ", ".join(f"`{name}`" for name in REQUESTS) + "."


def _span(kind: str) -> str:
    return "once" if HELP[FaultKind(kind)].once else "lasts"


def _parameters(text: str) -> str:
    return f"`{text}`" if text else ""


def _lifecycle() -> Iterator[str]:
    yield "# The life of an intent"
    yield (
        "Every move there is. What is not drawn here cannot happen: this one table "
        "is all there is, and whatever else would change a state is an error. Why it is so: "
        "[how it sells](../explanation/how-it-sells.md)."
    )
    yield "\n".join(("```mermaid", *_diagram(), "```"))
    rows = (
        (f"`{state}`", str(happening), f"`{following}`")
        for (state, happening), following in MOVES.items()
    )
    yield _table(("from", "what happens", "to"), rows)
    yield "## What the states mean to the position"
    rows = (
        (f"`{state}`", "yes" if state.open else "no", "yes" if state.exposed else "no")
        for state in State
    )
    yield _table(("state", "shuts the position to others", "an order may be at the broker"), rows)


def _diagram() -> Iterator[str]:
    """Yield the state diagram in the language of Mermaid."""
    names = {state: state.name.title().replace("_", "") for state in State}
    yield "stateDiagram-v2"
    yield f"    [*] --> {names[State.PREPARED]}"
    for state, name in names.items():
        if name.lower() != state.value:
            yield f'    state "{state}" as {name}'
    for (state, happening), following in MOVES.items():
        yield f"    {names[state]} --> {names[following]}: {happening.name}"
    leaving = {state for state, _ in MOVES}
    for state, name in names.items():
        if state not in leaving:
            yield f"    {name} --> [*]"


def _checks() -> Iterator[str]:
    yield "# The safety checks"
    yield (
        "All of them run before each order, in this order, and all answers are kept: "
        "`sellcli why TICKER` shows them. One that fails *for now* is waited for while the bar may "
        "still be acted on; one that fails for good denies the sale at once."
    )
    rows = (
        (f"`{check.__name__}`", (check.__doc__ or "").removeprefix("Check that ").rstrip("."))
        for check in CHECKS
    )
    yield _table(("check", "it passes where"), rows)
    yield "Their limits: [configuration](configuration.md), section `live`."


if __name__ == "__main__":
    main()
