"""The console command: checking files, reading rules, comparing contracts."""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

from pytest_remotelinks.contract.diff.compare import EFFECTS, Change, compare
from pytest_remotelinks.contract.diff.facts import fingerprint, limits
from pytest_remotelinks.contract.document import NEWEST, ContractError, Document, load_document
from pytest_remotelinks.contract.loading import Unreadable, read_bytes, read_stream
from pytest_remotelinks.reports.formats import FORMATS
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.rule import Rule, selects
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.wire.text import printable

#: Exit statuses.
CLEAN, FOUND, UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 clean, 1 something was found, 2 unusable input or output."""
    options = _parser().parse_args(arguments)
    try:
        outcome: _Outcome = options.run(options)
    except (ContractError, ValueError) as problem:
        _complain(str(problem))
        return UNUSABLE
    return _written(outcome)


@dataclass(frozen=True)
class _Outcome:
    """What a command prints, and its exit status."""

    status: int
    output: str


def _written(outcome: _Outcome) -> int:
    """Print what a command found and return its status, whether or not somebody reads to the end."""
    if not outcome.output:
        return outcome.status
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What a terminal cannot show is escaped rather than an error.
            sys.stdout.reconfigure(errors="backslashreplace")
        sys.stdout.write(outcome.output)
        sys.stdout.flush()
    except OSError as problem:
        _give_up(sys.stdout)
        if not isinstance(problem, BrokenPipeError):
            _complain(f"the output cannot be written: {problem.strerror}")
            return UNUSABLE
        # Whoever read the output has seen enough.
    return outcome.status


def _complain(text: str) -> None:
    # Standard error may be closed or full too; the exit status is then all that is left to say.
    if sys.stderr is not None:
        try:
            print(f"remotelinks: {text}", file=sys.stderr, flush=True)
        except OSError:
            _give_up(sys.stderr)


def _give_up(stream: TextIO | None) -> None:
    """Let nothing more be written: Python would complain of it, and change the exit status, when it flushes at its end."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _installed_version() -> str:
    try:
        return version("pytest-remotelinks")
    except PackageNotFoundError:
        return "(not installed)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="remotelinks",
        description="The contract of Jira's remote links in your hands.",
        epilog="Exit status: 0 clean, 1 something was found, 2 unusable input or output.",
    )
    parser.add_argument("--version", action="version", version=f"pytest-remotelinks {_installed_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="judge payloads, links, descriptors and manifests, without a server")
    check.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for standard input; what it is, is told by its content")
    check.add_argument("--contract", default=NEWEST, help=f"version or OpenAPI document to judge by (default: {NEWEST})")
    check.add_argument("--next-contract", help="newer version or document: what it will refuse is warned of")
    check.add_argument("--ignore", default="", metavar="CODES", help="rules that do not apply, by code or beginning, with commas")
    check.add_argument("--format", choices=FORMATS, default="text")
    check.set_defaults(run=_check)

    contract = commands.add_parser("contract", help="what a contract says, and what changed between two")
    actions = contract.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="operations, limits and fingerprint")
    show.add_argument("contract", nargs="?", default=NEWEST, metavar="A", help=f"version or OpenAPI document (default: {NEWEST})")
    show.add_argument("--format", choices=("text", "json"), default="text")
    show.set_defaults(run=_show)
    diff = actions.add_parser("diff", help="what changed for a provider; exit status 1 where something may break one")
    diff.add_argument("old", metavar="A", help="version or OpenAPI document")
    diff.add_argument("new", metavar="B", help="version or OpenAPI document")
    diff.add_argument("--format", choices=("text", "json"), default="text")
    diff.set_defaults(run=_diff)

    rules = commands.add_parser("rules", help="the catalogue of rules")
    rules.add_argument("codes", nargs="*", metavar="CODE", help="a code, or the beginning of one")
    rules.add_argument("--format", choices=("text", "json"), default="text")
    rules.set_defaults(run=_rules)
    return parser


def _check(options: argparse.Namespace) -> _Outcome:
    from pytest_remotelinks.check.files import check_file
    from pytest_remotelinks.reports.located import LocatedViolation

    ignore = parse_selectors(options.ignore)
    for contract in filter(None, (options.contract, options.next_contract)):
        load_document(contract)
    findings: list[LocatedViolation] = []
    unusable = False
    for file in options.files:
        name = "<stdin>" if file == "-" else file
        try:
            content = _standard_input() if file == "-" else read_bytes(Path(file))
            findings += check_file(name, content, options.contract, ignore, options.next_contract)
        except Unreadable as problem:
            unusable = True
            _complain(f"{printable(name, keep='')}: {problem}")
    return _Outcome(UNUSABLE if unusable else FOUND if findings else CLEAN, FORMATS[options.format](findings))


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise Unreadable("standard input is closed")
    return read_stream(sys.stdin.buffer)


def _show(options: argparse.Namespace) -> _Outcome:
    document = load_document(options.contract)
    facts = {
        "contract": document.name,
        "version": document.version,
        "fingerprint": fingerprint(document),
        "operations": [
            {"id": operation.id, "method": operation.method, "path": operation.path, "answers": document.answers(operation)}
            for operation in document.operations
        ],
        "missing": list(document.missing),
        "limits": dict(limits(document)),
    }
    if options.format == "json":
        return _Outcome(CLEAN, _json(facts))
    version = f", version {document.version}" if document.version not in ("", document.name) else ""
    return _Outcome(
        CLEAN,
        _lines(
            f"contract {document.name}{version}",
            f"fingerprint {facts['fingerprint']}",
            "",
            "operations",
            *(
                f"  {operation.id:28} {operation.method:7}{operation.path:28} {', '.join(document.answers(operation))}"
                for operation in document.operations
            ),
            *(f"  {missing:28} is not in this document; the fake answers 404" for missing in document.missing),
            "",
            "limits of a submission",
            *(f"  {place or 'body'}: {words}" for place, words in limits(document)),
        ),
    )


def _diff(options: argparse.Namespace) -> _Outcome:
    old, new = load_document(options.old), load_document(options.new)
    changes = compare(old, new)
    status = FOUND if any(change.is_breaking for change in changes) else CLEAN
    if options.format == "json":
        return _Outcome(status, _json({"old": _identity(old), "new": _identity(new), "changes": [_change(change) for change in changes]}))
    if not changes:
        return _Outcome(status, f"{old.name} and {new.name} say the same; fingerprint {fingerprint(new)}\n")
    lines = [f"from {old.name} ({fingerprint(old)}) to {new.name} ({fingerprint(new)})"]
    for effect in EFFECTS:
        of_effect = [change for change in changes if change.effect == effect]
        lines += ["", effect] if of_effect else []
        for change in of_effect:
            lines.append(f"  {change.operation}: {change.place} {change.what}")
            lines += [f"      affects: {change.affects}"] if change.affects else []
    return _Outcome(status, _lines(*lines))


def _identity(document: Document) -> dict[str, str]:
    return {"contract": document.name, "version": document.version, "fingerprint": fingerprint(document)}


def _change(change: Change) -> dict[str, Any]:
    return {**asdict(change), "breaking": change.is_breaking}


def _rules(options: argparse.Namespace) -> _Outcome:
    wanted = parse_selectors(options.codes)
    rules = [rule for rule in RULES.values() if not wanted or selects(wanted, rule.code)]
    if options.format == "json":
        return _Outcome(CLEAN, _json([_entry(rule) for rule in rules]))
    if not wanted:
        return _Outcome(CLEAN, _lines(*(f"{rule.code}  {rule.name:31} {rule.severity:8} {rule.summary}" for rule in rules)))
    return _Outcome(CLEAN, _lines("\n\n".join(_page(rule) for rule in rules)))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _entry(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "answer": rule.answer,
        "summary": rule.summary,
        "why": rule.why,
        "source": rule.source,
        "broken": _example(rule.broken),
        "fixed": _example(rule.fixed),
    }


def _example(example: Example) -> dict[str, Any]:
    if example.descriptor is not None:
        return {"descriptor": example.descriptor}
    return {"settings": example.settings, "requests": [asdict(request) for request in example.requests]}


def _page(rule: Rule) -> str:
    return "\n".join(
        [
            f"{rule.code} {rule.name} ({rule.severity}; Jira {rule.answer})",
            "",
            rule.summary,
            rule.why,
            f"Source: {rule.source}.",
            "",
            "Example:",
            _indented(rule.broken.text),
            "",
            "Use instead:",
            _indented(rule.fixed.text),
        ]
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
