"""``sellcli cache``: what is stored, whether it is sound, and making it anew."""

import json
from typing import TYPE_CHECKING

import click

from sellcli.exits import Exit
from sellcli.flags.settings import setting_options
from sellcli.settings import Settings

if TYPE_CHECKING:
    from sellcli.compose.files import SeriesInfo


@click.group("cache", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Look at the downloaded bars, check them, or write them anew."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("info")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("cache_dir")
def info(settings: Settings, as_json: bool) -> None:
    """
    Show every stored series: bars, first, last, and how far it is known.

    \b
    Example:
      sellcli cache info
    """
    from sellcli.compose.files import cache_info, imported_info

    found, imported = cache_info(settings), imported_info(settings)
    problems = (*found.problems, *imported.problems)
    if as_json:
        document = {
            "folder": str(settings.cache_dir),
            "series": [_form(series) for series in found.series],
            "imported": [_form(series) for series in imported.series],
            "files": [{"name": file.name, "bytes": file.size} for file in found.files],
            "problems": list(problems),
        }
        click.echo(json.dumps(document, indent=2))
        return
    for series in found.series:
        click.echo(_line(series))
    for series in imported.series:
        click.echo(f"{_line(series)}, imported")
    for problem in problems:
        click.echo(f"sellcli: {problem}", err=True)
    size = sum(file.size for file in (*found.files, *imported.files))
    also = f" and {len(imported.series)} imported" if imported.series else ""
    click.echo(f"{len(found.series)} series{also}, {size / 1e6:.1f} MB in {settings.cache_dir}")


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@setting_options("cache_dir")
@click.pass_context
def verify(context: click.Context, settings: Settings, as_json: bool) -> None:
    """
    Check every checksum, order and coverage; changes nothing, exits 1 on a finding.

    \b
    Example:
      sellcli cache verify
    """
    from sellcli.compose.files import cache_findings

    findings = cache_findings(settings)
    if as_json:
        click.echo(json.dumps({"findings": list(findings)}, indent=2))
    else:
        for finding in findings:
            click.echo(finding)
        if not findings:
            click.echo(f"{settings.cache_dir}: sound")
    if findings:
        context.exit(Exit.ERROR)


@command.command("rebuild")
@setting_options("cache_dir")
def rebuild(settings: Settings) -> None:
    """
    Write the files anew from all that can be read, and the averages from those.

    What cannot be read is set aside, and fetched anew by the next start.

    \b
    Example:
      sellcli cache rebuild
    """
    from sellcli.compose.files import cache_rebuild

    done = cache_rebuild(settings)
    for problem in done.problems:
        click.echo(f"sellcli: {problem}", err=True)
    rows = ", ".join(f"{count} rows of {frame} averages" for frame, count in done.averages.items())
    click.echo(f"{done.series} series, {done.bars} bars written anew; {rows}")


def _line(series: "SeriesInfo") -> str:
    span = "empty"
    if series.first is not None and series.last is not None:
        span = f"{series.first:%Y-%m-%d %H:%M} to {series.last:%Y-%m-%d %H:%M} UTC"
    gaps = max(0, len(series.coverage.intervals) - 1)
    known = "" if gaps == 0 else f", {gaps} gaps in what is known"
    return f"{series.key!s:<28} {series.bars:>6} bars  {span}{known}"


def _form(series: "SeriesInfo") -> dict[str, object]:
    from sellcore.instant import from_epoch, iso

    return {
        "ticker": series.key.ticker,
        "granularity": str(series.key.granularity),
        "con_id": series.key.con_id,
        "bars": series.bars,
        "first": None if series.first is None else iso(series.first),
        "last": None if series.last is None else iso(series.last),
        "coverage": [
            [iso(from_epoch(start)), iso(from_epoch(end))]
            for start, end in series.coverage.intervals
        ],
    }
