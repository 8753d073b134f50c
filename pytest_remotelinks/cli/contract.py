"""``remotelinks contract``: show what a contract says, and what changed between two."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from pytest_remotelinks.cli.outcome import CLEAN, FOUND, Outcome, as_json, as_lines
from pytest_remotelinks.contract.diff.compare import EFFECTS, compare
from pytest_remotelinks.contract.diff.facts import fingerprint, limits
from pytest_remotelinks.contract.document import NEWEST, Document, load_document
from pytest_remotelinks.contract.scopes import connect_scope, prose_scope, stated_connect_scope


def add_to(commands: Any) -> None:
    """Add the command and its options to the parser of all commands."""
    parser = commands.add_parser("contract", help="show a contract, or compare two")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="print a contract's operations, limits and fingerprint")
    show.add_argument("contract", nargs="?", default=NEWEST, metavar="A", help=f"version or OpenAPI document (default: {NEWEST})")
    show.set_defaults(run=run_show)
    diff = actions.add_parser("diff", help="print what changed for a provider; exit status 1 if a change may break one")
    diff.add_argument("old", metavar="A", help="version or OpenAPI document")
    diff.add_argument("new", metavar="B", help="version or OpenAPI document")
    diff.set_defaults(run=run_diff)
    for action in (show, diff):
        action.add_argument("--format", choices=("text", "json"), default="text", help="format of the output (default: text)")


def run_show(options: argparse.Namespace) -> Outcome:
    """Print one contract."""
    document = load_document(options.contract)
    if options.format == "json":
        operations = [
            {
                "id": operation.id,
                "method": operation.method,
                "path": operation.path,
                "answers": document.answers(operation),
                "connect_scope": connect_scope(document, operation),
            }
            for operation in document.operations
        ]
        facts = {**_identity(document), "operations": operations, "missing": list(document.missing), "limits": dict(limits(document))}
        return Outcome(CLEAN, as_json(facts))
    version = f", version {document.version}" if document.version not in ("", document.name) else ""
    lines = [f"contract {document.name}{version}", f"fingerprint {fingerprint(document)}", "", "operations"]
    lines += [
        f"  {operation.id:28} {operation.method:7}{operation.path:28} {', '.join(document.answers(operation))}"
        for operation in document.operations
    ]
    lines += [f"  {missing:28} is not in this document; the fake answers 404" for missing in document.missing]
    lines += _placeholder_scopes(document)
    lines += ["", "limits of a submission", *(f"  {place or 'body'}: {words}" for place, words in limits(document))]
    return Outcome(CLEAN, as_lines(*lines))


def _placeholder_scopes(document: Document) -> list[str]:
    """What is said of Connect scopes that no descriptor can name."""
    found = [
        (operation, stated, counts)
        for operation in document.operations
        if (counts := prose_scope(operation.name, stated := stated_connect_scope(document, operation)))
    ]
    lines = [
        f"  {operation.id:28} {counts} counts; {stated} is stated, which no descriptor can name" for operation, stated, counts in found
    ]
    return ["", "Connect scopes, as the prose says", *lines] if lines else []


def run_diff(options: argparse.Namespace) -> Outcome:
    """Print what changed from one contract to another."""
    old, new = load_document(options.old), load_document(options.new)
    changes = compare(old, new)
    status = FOUND if any(change.is_breaking for change in changes) else CLEAN
    if options.format == "json":
        described = [{**asdict(change), "breaking": change.is_breaking} for change in changes]
        return Outcome(status, as_json({"old": _identity(old), "new": _identity(new), "changes": described}))
    if not changes:
        return Outcome(status, f"{old.name} and {new.name} say the same; fingerprint {fingerprint(new)}\n")
    lines = [f"from {old.name} ({fingerprint(old)}) to {new.name} ({fingerprint(new)})"]
    for effect in EFFECTS:
        of_effect = [change for change in changes if change.effect == effect]
        lines += ["", effect] if of_effect else []
        for change in of_effect:
            lines.append(f"  {change.operation}: {change.place} {change.what}")
            lines += [f"      affects: {change.affects}"] if change.affects else []
    return Outcome(status, as_lines(*lines))


def _identity(document: Document) -> dict[str, str]:
    return {"contract": document.name, "version": document.version, "fingerprint": fingerprint(document)}
