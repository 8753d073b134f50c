"""Write the pages of the rules from the catalogue: ``python docs/build.py``."""

from __future__ import annotations

from pathlib import Path

from pytest_remotelinks.rules.catalogue import RULES
from pytest_remotelinks.rules.examples import Example
from pytest_remotelinks.rules.rule import Rule

DOCS = Path(__file__).parent

INDEX = """\
# Rules

Written by `docs/build.py` from the rule catalogue, which the checker and
`remotelinks rules` use too.

A violation of severity `error` fails the test in strict mode, a `warning`
becomes a Python warning. `ignore` takes codes and beginnings of codes; the fake
accepts what only an ignored rule forbids.

| code | name | severity | Jira | rule |
| --- | --- | --- | --- | --- |
{rows}
"""

PAGE = """\
# {rule.code} {rule.name}

{rule.summary}

{rule.why}

| severity | Jira | published |
| --- | --- | --- |
| {rule.severity} | {rule.answer} | {rule.source} |

## Example

{broken}

## Use instead

{fixed}

To ignore it: `ignore=["{rule.code}"]`, or `--remotelinks-ignore={rule.code}`.
[All rules](../rules.md)
"""


def pages() -> dict[Path, str]:
    """The text of every page, by path."""
    rows = "\n".join(
        f"| [{rule.code}](rules/{rule.code}.md) | {rule.name} | {rule.severity} | {rule.answer} | {rule.summary} |"
        for rule in RULES.values()
    )
    return {DOCS / "rules.md": INDEX.format(rows=rows), **{DOCS / "rules" / f"{rule.code}.md": _page(rule) for rule in RULES.values()}}


def _page(rule: Rule) -> str:
    return PAGE.format(rule=rule, broken=_example(rule.broken), fixed=_example(rule.fixed))


def _example(example: Example) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in example.settings.items() if name not in ("app", "shared_secret"))
    remark = f"With `FakeJira({settings})`:\n\n" if settings else ""
    return f"{remark}```text\n{example.text}\n```"


if __name__ == "__main__":
    wanted = pages()
    (DOCS / "rules").mkdir(exist_ok=True)
    for stale in set((DOCS / "rules").glob("*.md")) - wanted.keys():
        stale.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
