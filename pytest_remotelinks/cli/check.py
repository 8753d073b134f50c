"""``remotelinks check``: check files without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pytest_remotelinks.check.files import check_file
from pytest_remotelinks.cli.outcome import CLEAN, FOUND, UNUSABLE, Outcome, complain
from pytest_remotelinks.contract.document import NEWEST, load_document
from pytest_remotelinks.contract.loading import Unreadable, read_bytes, read_stream
from pytest_remotelinks.reports.github import as_github
from pytest_remotelinks.reports.json import as_json
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.reports.sarif import as_sarif
from pytest_remotelinks.reports.text import as_text
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.wire.text import printable

_FORMATS: dict[str, Callable[[Sequence[LocatedViolation]], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def add_to(commands: Any) -> None:
    """Add the command and its options to the parser of all commands."""
    parser = commands.add_parser("check", help="check payloads, links, descriptors and manifests, without a server")
    parser.add_argument("files", nargs="+", metavar="FILE", help="file, or - for standard input; its kind is recognised from its content")
    parser.add_argument("--contract", default=NEWEST, help=f"version or OpenAPI document to check against (default: {NEWEST})")
    parser.add_argument("--next-contract", help="newer version or document: warn of what it will refuse")
    parser.add_argument("--ignore", default="", metavar="CODES", help="rules to ignore: codes or their beginnings, separated by commas")
    parser.add_argument("--format", choices=_FORMATS, default="text", help="format of the output (default: text)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Outcome:
    """Check each file; one that cannot be used does not keep the others from being checked."""
    ignore = parse_selectors(options.ignore)
    for contract in filter(None, (options.contract, options.next_contract)):
        load_document(contract)
    found: list[LocatedViolation] = []
    unusable = False
    for file in options.files:
        name = "<stdin>" if file == "-" else file
        try:
            content = _standard_input() if file == "-" else read_bytes(Path(file))
            found += check_file(name, content, options.contract, ignore, options.next_contract)
        except Unreadable as problem:
            unusable = True
            complain(f"{printable(name, keep='')}: {problem}")
    return Outcome(UNUSABLE if unusable else FOUND if found else CLEAN, _FORMATS[options.format](found))


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    return read_stream(sys.stdin.buffer)
