"""The console command ``remotelinks``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from pytest_remotelinks.cli import check, contract, rules
from pytest_remotelinks.cli.outcome import UNUSABLE, Outcome, complain
from pytest_remotelinks.reports.version import version


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 nothing found, 1 something found, 2 unusable input or output."""
    options = _parser().parse_args(arguments)
    try:
        outcome: Outcome = options.run(options)
    except ValueError as problem:  # a document, a selector or a file that cannot be used
        complain(str(problem))
        return UNUSABLE
    return _print(outcome)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="remotelinks",
        description="Check payloads, descriptors and contracts of Jira's Remote Links API.",
        epilog="Exit status: 0 if nothing was found, 1 if something was, 2 if the input or the output cannot be used.",
    )
    parser.add_argument("--version", action="version", version=f"pytest-remotelinks {version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (check, contract, rules):
        command.add_to(commands)
    return parser


def _print(outcome: Outcome) -> int:
    """Print the output of a command, and return its exit status."""
    if not outcome.output:
        return outcome.status
    if sys.stdout is None:
        complain("the output cannot be written: standard output is closed")
        return UNUSABLE
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Characters that the terminal's encoding lacks are escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(outcome.output)
        sys.stdout.flush()
    except OSError as problem:
        # Python flushes once more when it ends, and must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(problem, BrokenPipeError):
            complain(f"the output cannot be written: {problem.strerror}")
            return UNUSABLE
    return outcome.status
