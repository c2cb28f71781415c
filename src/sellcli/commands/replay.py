"""``sellcli replay``: decide a recorded day again, and compare."""

import json

import click

from sellcli.exits import Exit
from sellcli.flags.instants import typed_date
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("replay")
@click.argument("date", metavar="[DATE]", required=False)
@click.option(
    "--mode",
    type=click.Choice(["dry-run", "paper", "live"]),
    help="Only decisions of this mode; all of them unless told.",
)
@click.option("--simulated", is_flag=True, help="Compare with the bars of simulated runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("account", "cache_dir", "log_dir")
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    date: str | None,
    mode: str | None,
    simulated: bool,
    as_json: bool,
) -> None:
    """
    Decide a day again, on the bars in the cache, and compare with signals.log.

    DATE is the UTC date of the decisions; left out, the latest in the log. Exits
    with 1 where a decision differs or is missing, where a line of the log cannot
    be read, and where nothing could be compared.

    \b
    Example:
      sellcli replay 2022-05-20
    """
    from sellcli.compose.replay import replayed
    from sellcli.screen.choose import standard_console
    from sellcli.screen.replay_lines import WRONG, finding_form, finding_line, totals
    from sellcore.order import Mode
    from sellcore.replay.finding import Verdict

    chosen = None if mode is None else Mode(mode)
    done = replayed(settings, typed_date(date), chosen, simulated=simulated)
    for problem in (*done.unread, *done.problems):
        click.echo(f"sellcli: {problem}", err=True)
    if as_json:
        document = {
            "day": done.day.isoformat(),
            "cache": str(done.cache),
            "findings": [finding_form(finding) for finding in done.findings],
            "unread": list(done.unread),
            "problems": list(done.problems),
        }
        click.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        console = standard_console()
        for finding in done.findings:
            console.print(finding_line(finding), soft_wrap=True)
        click.echo(f"{done.day}, bars of {done.cache}: {totals(done.findings)}")
    verdicts = {finding.verdict for finding in done.findings}
    if done.unread or verdicts & set(WRONG) or Verdict.AGREES not in verdicts:
        context.exit(Exit.ERROR)
