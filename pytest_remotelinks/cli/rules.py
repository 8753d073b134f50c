"""``remotelinks rules``: print the catalogue of rules."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from textwrap import indent
from typing import Any

from pytest_remotelinks.cli.outcome import CLEAN, Outcome, as_json, as_lines
from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.rule import Rule
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.rules.violation import selects


def add_to(commands: Any) -> None:
    """Add the command and its options to the parser of all commands."""
    parser = commands.add_parser("rules", help="list the rules, or print some of them with examples")
    parser.add_argument("codes", nargs="*", metavar="CODE", help="code of a rule, or the beginning of one")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="format of the output (default: text)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Outcome:
    """Print the rules that the codes cover, or list all."""
    wanted = parse_selectors(options.codes)
    rules = [rule for rule in RULES.values() if not wanted or selects(wanted, rule.code)]
    if options.format == "json":
        return Outcome(CLEAN, as_json([_entry(rule) for rule in rules]))
    if not wanted:
        return Outcome(CLEAN, as_lines(*(f"{rule.code}  {rule.name:31} {rule.severity:8} {rule.summary}" for rule in rules)))
    return Outcome(CLEAN, as_lines("\n\n".join(_page(rule) for rule in rules)))


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
            indent(rule.broken.text, "    "),
            "",
            "Use instead:",
            indent(rule.fixed.text, "    "),
        ]
    )
