"""Gathering the violations of one request, those of ignored rules left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from pytest_remotelinks.rules.rule import REJECTS_LINK, Rule, selects
from pytest_remotelinks.rules.violation import NO_VALUE, Violation

#: Breaches of one rule in one request, above which no more are kept; a link's first one always is.
MOST_OF_A_CODE = 1_000


class Violations:
    """What was found so far; a breach of an ignored rule leaves no trace and refuses nothing."""

    def __init__(self, ignore: tuple[str, ...]) -> None:
        self._ignore = ignore
        self.found: list[Violation] = []
        self._counts: Counter[str] = Counter()
        #: The statuses with which Jira would refuse the request as a whole.
        self.refusals: set[int] = set()
        #: By the index of a link, why Jira rejects it.
        self.rejections: dict[int, list[Violation]] = defaultdict(list)

    def add(
        self,
        rule: Rule,
        message: str,
        pointer: str,
        hint: str,
        value: Any = NO_VALUE,
        *,
        link: int | None = None,
        refusal: int | None = None,
    ) -> bool:
        """Add a breach, and say whether it counts, which it does unless its rule is ignored.

        ``refusal`` says what Jira does where that is not what the rule's entry says.
        """
        code = rule.code
        if selects(self._ignore, code):
            return False
        violation = Violation(code, rule.severity, message, pointer, hint, value, link)
        self._counts[code] += 1
        if self._counts[code] <= MOST_OF_A_CODE or (link is not None and link not in self.rejections):
            self.found.append(violation)
        status = refusal or rule.refusal
        if status == REJECTS_LINK:
            if link is not None and (self._counts[code] <= MOST_OF_A_CODE or link not in self.rejections):
                self.rejections[link].append(violation)
        elif status is not None:
            self.refusals.add(status)
        return True
