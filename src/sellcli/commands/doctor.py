"""``sellcli doctor``: look at everything a watch needs, one line each, with the fix."""

import json
import os

import click

from sellcli.exits import Exit
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--try-alerts", is_flag=True, help="Send an alert along each way that is set.")
@setting_options(
    "host", "port", "account", "client_id", "cache_dir", "log_dir", "state_dir", "assignments"
)
@click.pass_context
def command(context: click.Context, settings: Settings, as_json: bool, try_alerts: bool) -> None:
    """
    Look at the settings, the files and the broker, and say what to do about each.

    \b
    Example:
      sellcli doctor --port 7497
    """
    from sellcli.examination import examine

    findings = examine(settings, os.environ, try_alerts=try_alerts)
    if as_json:
        rows = [{"check": f.check, "ok": f.fine, "text": f.text} for f in findings]
        click.echo(json.dumps({"findings": rows}, indent=2))
    else:
        from rich.text import Text

        from sellcli.screen.choose import standard_console

        console = standard_console()
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            mark = ("ok  ", "green") if finding.fine else ("look", "red")
            text = f"  {finding.check:<{width}}  {finding.text}"
            console.print(Text.assemble(mark, text), soft_wrap=True)
    if not all(finding.fine for finding in findings):
        context.exit(Exit.ERROR)
