"""What a provider did against the contract, as a value, and the collector of one request's violations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_remotelinks.apis.api import Api, Id
from pytest_remotelinks.rules.rule import REJECTS_LINK, Rule, Severity
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to
from pytest_remotelinks.wire.redact import is_secret_place, redact_text, redact_value
from pytest_remotelinks.wire.text import preview

#: Stands for "there is no offending value", since None is a JSON value.
NO_VALUE: Any = type("NoValue", (), {"__doc__": "No offending value.", "__repr__": lambda self: "NO_VALUE"})()

#: Violations of one rule in one request, above which no more are kept; a link's first one always is.
MOST_OF_A_CODE = 1_000


@dataclass(frozen=True)
class Violation:
    """One violation of the contract, with what to change.

    ``pointer`` is a JSON pointer into the request's body, or into the parts of
    the request itself: ``#header/NAME``, ``#path``, ``#query/NAME``, ``#body``.
    ``value`` is what was found there. Secrets are redacted in all texts and in
    the value. If one link is concerned, ``link`` is its index in the
    submission, and ``link_id`` its id if it has a usable one.
    ``hint`` says what to change. Where the change is mechanical, ``fix`` is the
    same as a value; None leaves a decision to the provider.
    """

    code: str
    severity: Severity
    message: str
    pointer: str
    hint: str
    value: Any = field(default=NO_VALUE, repr=False, compare=False)
    link: int | None = field(default=None, repr=False)
    link_id: Id | None = field(default=None, repr=False)
    fix: Fix | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.code} {self.pointer}: {self.message}"


def selects(selectors: Iterable[str], code: str) -> bool:
    """Whether one of the selectors, each a code or the beginning of one, covers the code."""
    return any(code.startswith(selector) for selector in selectors)


class Violations:
    """The violations found so far. A violation of an ignored rule leaves no trace and refuses nothing."""

    def __init__(self, ignore: tuple[str, ...]) -> None:
        self._ignore = ignore
        self._api: Api | None = None
        self._entities: list[Any] = []
        self.found: list[Violation] = []
        self._counts: Counter[str] = Counter()
        #: The statuses with which Jira would refuse the request as a whole.
        self.refusals: set[int] = set()
        #: By the index of a link, why Jira rejects it.
        self.rejections: dict[int, list[Violation]] = defaultdict(list)

    def name_links(self, api: Api, payload: Any) -> None:
        """Give later violations of one of the payload's links that link's id."""
        self._api, self._entities = api, api.entities(payload) or []

    def add(
        self,
        rule: Rule,
        message: str,
        pointer: str,
        hint: str | Fix,
        value: Any = NO_VALUE,
        *,
        link: int | None = None,
        refusal: int | None = None,
    ) -> bool:
        """Add a violation. Return whether it counts, which it does unless its rule is ignored.

        ``hint`` is a ``Fix`` where following it is mechanical, and otherwise the
        words that say what to decide. A fix without a place is for ``pointer``.
        ``refusal`` says what Jira does where that differs from the rule's entry.
        """
        code = rule.code
        if selects(self._ignore, code):
            return False
        link_id = self._api.id_of(self._entities[link]) if self._api is not None and link is not None else None
        fix = hint.at(pointer) if isinstance(hint, Fix) else None
        message, words, value = _redacted(pointer, message, str(fix or hint), value)
        violation = Violation(code, rule.severity, message, redact_text(pointer), words, value, link, link_id, fix)
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

    def lists(self, rule: Rule) -> bool:
        """Whether one more violation of a rule that rejects no link is kept."""
        return self._counts[rule.code] < MOST_OF_A_CODE and not selects(self._ignore, rule.code)

    def extend(self, more: Violations) -> None:
        """Add the violations of a payload, while none of these concerns a link of it; later ones are given the link's id, too."""
        self._api, self._entities = more._api, more._entities
        self.found += more.found
        self._counts += more._counts
        self.refusals |= more.refusals
        self.rejections.update(more.rejections)


def _redacted(pointer: str, message: str, hint: str, value: Any) -> tuple[str, str, Any]:
    """The texts and the value of a violation without secrets."""
    # The name of a member may itself be what is wrong.
    is_secret = is_secret_place(pointer) and not (isinstance(value, str) and pointer.endswith(pointer_to((value,))))
    shown = redact_value(value, is_secret)
    if shown is not value and isinstance(shown, str):
        # In a quote that is cut, a secret need not be recognisable.
        for quoted in (preview(value, 200), preview(value), ascii(value), preview(str(value))):
            message, hint = message.replace(quoted, preview(shown)), hint.replace(quoted, preview(shown))
    return redact_text(message), redact_text(hint), shown
