"""``sellcli sales``: what was sold, at what price, and what it brought."""

import json

import click

from sellcli.flags.instants import typed_instant
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("sales")
@click.option("--since", help="First date or instant, ISO 8601; a date means 00:00 UTC.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("state_dir")
def command(settings: Settings, since: str | None, as_json: bool) -> None:
    """
    Show what the account's sales have brought, by the broker's executions on record.

    \b
    Example:
      sellcli sales --since 2022-05-20
    """
    from sellcli.compose.record import sales
    from sellcli.screen.text import NONE, price

    found = sales(settings, typed_instant(since, "--since"))
    if as_json:
        rows = [
            {
                "con_id": each.con_id,
                "ticker": ticker,
                "shares": float(each.shares),
                "average_price": each.average_price,
                "commissions": dict(each.commissions),
                "realized": each.realized,
                "estimated": each.estimated,
            }
            for ticker, each in found
        ]
        click.echo(json.dumps({"sales": rows}, indent=2))
        return
    for ticker, each in found:
        costs = ", ".join(f"{price(amount)} {name}" for name, amount in each.commissions.items())
        brought = NONE if each.realized is None else f"{each.realized:+.2f}"
        click.echo(
            f"{ticker:<14} {each.shares.normalize():>10f} sold at {price(each.average_price)}, "
            f"commissions {costs or NONE}, realised {brought}{' (estimated)' * each.estimated}"
        )
    if not found:
        click.echo("no sale is on record", err=True)
