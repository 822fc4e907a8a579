"""`hub doctor`: explain what is wrong with an installation, and how to mend it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import click

from hub.core.redact import one_line
from hub.run.doctor import examine, is_well
from hub.run.finding import Finding, Level

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "red"}


@click.command(
    "doctor",
    help="Explain what is wrong with this installation, and how to mend it.\n\n"
    "Makes and changes nothing. Ends with 0, or 1 if something is broken.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON, for programs.")
def command(as_json: bool) -> None:
    """Print one finding a line, each with its way out, and exit."""
    sys.dont_write_bytecode = True  # not even beside a drop-in plugin
    findings = examine(os.environ)
    well = is_well(findings)
    if as_json:
        click.echo(json.dumps({"well": well, "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        for one in findings:
            _print(one)
        click.echo(_conclusion(findings))
    raise SystemExit(0 if well else 1)


def _print(one: Finding) -> None:
    level = click.style(f"{one.level:4}", fg=_COLOURS[one.level])
    click.echo(f"{level}  {one.part:11}  {one_line(one.what)}")
    if one.way_out:
        click.echo(f"{'':19}-> {one_line(one.way_out)}")


def _conclusion(findings: list[Finding]) -> str:
    count = {level: sum(one.level is level for one in findings) for level in Level}
    if count[Level.BAD]:
        return f"\nBroken: {count[Level.BAD]}. To look at: {count[Level.WARN]}."
    return f"\nNothing is broken. To look at: {count[Level.WARN]}." if count[Level.WARN] else "\nAll is well."
