"""``remotelinks check``: check files without a server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pytest_remotelinks.check.files import check_file
from pytest_remotelinks.check.fixing import fix_file, write_file
from pytest_remotelinks.cli.outcome import CLEAN, FOUND, UNUSABLE, Outcome, complain
from pytest_remotelinks.contract.document import NEWEST, load_document
from pytest_remotelinks.contract.loading import Unreadable, read_bytes, read_stream
from pytest_remotelinks.reports.github import as_github
from pytest_remotelinks.reports.json import as_json
from pytest_remotelinks.reports.located import LocatedViolation
from pytest_remotelinks.reports.sarif import as_sarif
from pytest_remotelinks.reports.text import as_text
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.wire.text import counted, printable

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
    parser.add_argument("--format", choices=_FORMATS, help="format of the output (default: text)")
    parser.add_argument("--fix", action="store_true", help="print a diff with the changes that neither guess nor lose anything")
    parser.add_argument("--write", action="store_true", help="with --fix: write the changes into the files")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Outcome:
    """Check each file; one that cannot be used does not keep the others from being checked."""
    ignore = parse_selectors(options.ignore)
    for contract in filter(None, (options.contract, options.next_contract)):
        load_document(contract)
    if options.write and not options.fix:
        raise ValueError("--write belongs to --fix, which says what to write")
    if options.fix and options.format:
        raise ValueError("--fix prints a diff; leave --format out")
    if options.fix:
        return _fix(options, ignore)
    found: list[LocatedViolation] = []
    unusable = False
    for file in options.files:
        try:
            found += check_file(_name(file), _content(file), options.contract, ignore, options.next_contract)
        except Unreadable as problem:
            unusable = True
            _complain_of(file, str(problem))
    return Outcome(UNUSABLE if unusable else FOUND if found else CLEAN, _FORMATS[options.format or "text"](found))


def _fix(options: argparse.Namespace, ignore: tuple[str, ...]) -> Outcome:
    """Print a diff of the files, and what it leaves to standard error; the status says whether the files have violations now."""
    diffs, left, status = [], [], CLEAN
    for file in options.files:
        try:
            fixed = fix_file(_name(file), _content(file), options.contract, ignore, options.next_contract)
            changed = fixed.after != fixed.before
            if changed and options.write:
                if file == "-":
                    raise Unreadable("standard input cannot be written; give a file")
                write_file(Path(file), fixed.after)
        except Unreadable as problem:
            status = UNUSABLE
            _complain_of(file, str(problem))
            continue
        diffs.append(fixed.diff)
        left += fixed.left
        if fixed.left or (changed and not options.write):
            status = max(status, FOUND)
        if changed:
            done = "the file is changed" if options.write else "--write makes these changes"
            _complain_of(file, f"{done}; {counted(len(fixed.left), 'violation')} left of {len(fixed.found)}")
        elif not fixed.is_json and any(located.violation.fix for located in fixed.found):
            _complain_of(file, "YAML is not rewritten, since its comments and layout would be lost: change what the violations say")
    if left and sys.stderr is not None:
        print(as_text(left), end="", file=sys.stderr)
    return Outcome(status, "".join(diffs))


def _name(file: str) -> str:
    return "<stdin>" if file == "-" else file


def _content(file: str) -> bytes:
    return _standard_input() if file == "-" else read_bytes(Path(file))


def _complain_of(file: str, text: str) -> None:
    complain(f"{printable(_name(file), keep='')}: {text}")


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    return read_stream(sys.stdin.buffer)
