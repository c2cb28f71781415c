"""``sellcli reconcile``: journal and broker side by side, and the word of a person."""

import json
from typing import TYPE_CHECKING

import click

from sellcli.exits import Exit
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings

if TYPE_CHECKING:
    from sellcli.compose.comparison import Compared
    from sellcli.screen.json_forms import Json


@click.command("reconcile")
@click.option("--settle", metavar="INTENT", help="End an intent that is unknown, by your word.")
@click.option("--why", help="What you have seen; kept in the journal. Needed with --settle.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("host", "port", "client_id", "log_dir", "state_dir", "cache_dir")
def command(settings: Settings, settle: str | None, why: str | None, as_json: bool) -> Exit:
    """
    Compare what was sent with what the broker says, and show what is open.

    Exits with 4 while it is not known of an order what became of it.

    \b
    Example:
      sellcli reconcile --port 4002
      sellcli reconcile --settle 04dd68948f5e --why "filled, seen in TWS"
    """
    from sellcli.compose.comparison import Compared, compare, settle_by_hand

    if (settle is None) != (why is None or not why.strip()):
        raise click.UsageError(
            "--settle needs --why with what you have seen, and the other way round"
        )
    if settle is not None and not settle.strip():  # every intent begins with nothing
        raise click.UsageError("--settle names no intent; give its id, or the beginning of it")
    if settle is None:
        compared = compare(settings, lambda text: click.echo(f"sellcli: {text}", err=True))
    else:
        compared = Compared((settle_by_hand(settings, settle, str(why)),))
    if as_json:
        click.echo(json.dumps(_form(compared), indent=2))
    else:
        _show(compared)
    unknown = any(record.state.unclear for record in compared.records)
    return Exit.UNKNOWN if unknown or compared.strays else Exit.DONE


def _form(compared: "Compared") -> "dict[str, Json]":
    from sellcli.screen.json_forms import record_form

    return {
        "intents": [record_form(record) for record in compared.records],
        "strays": [
            {"text": str(stray), "perm_id": stray.perm_id, "order_ref": stray.order_ref}
            for stray in compared.strays
        ],
        "note": compared.note,
    }


def _show(compared: "Compared") -> None:
    from sellcore.usecases.tell_order import last_word

    if compared.note is not None:
        click.echo(f"sellcli: the broker was not asked: {compared.note}", err=True)
    for record in compared.records:
        click.echo(f"{record.intent_id[:12]}  {last_word(record)}")
    for stray in compared.strays:
        click.echo(f"no intent explains {stray}, {stray.order_ref}; cancel it in TWS")
    if not compared.records and not compared.strays:
        click.echo("nothing is open on record")
