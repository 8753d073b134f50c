"""What an entry of the catalogue is: a rule, and the examples that show it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.rules.examples import APP_KEY, SHARED_SECRET, Issued, Signed

Severity = Literal["error", "warning"]

#: Jira answers 202 and names the link among the rejected ones.
REJECTS_LINK = 202

#: Where the sources that entries name are found.
REFERENCE = "REST reference, Remote Links"
DOCUMENT = "OpenAPI document of Jira Software Cloud"
ASSUMPTION = "not published; one of this project's assumptions"


@dataclass(frozen=True)
class Sent:
    """One request of an example. ``body`` is a JSON value, or text that is sent as it stands."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    #: What its Authorization header is made of, where it is none of the headers.
    credential: Signed | Issued | None = None
    #: Seconds that pass before it.
    after: float = 0
    #: The status with which Jira refuses it whatever it says, and the Retry-After (seconds) of that answer.
    refused: tuple[int, int | None] | None = None
    #: The id of a link in it that Jira rejects whatever it says.
    rejected: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if self.body is None:
            return b""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()

    @property
    def text(self) -> str:
        """The request to read: long lists and texts are cut, and say so."""
        lines = [f"… {self.after:g} seconds later", ""] if self.after else []
        lines.append(f"{self.method} {self.target}")
        lines += [f"Authorization: {self.credential.text}"] if self.credential is not None else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body is not None:
            lines += ["", self.body if isinstance(self.body, str) else json.dumps(_shortened(self.body), indent=2, ensure_ascii=False)]
        if self.refused is not None:
            status, wait = self.refused
            lines += ["", f"-> {status}" + (f", Retry-After: {wait}" if wait is not None else "")]
        if self.rejected is not None:
            lines += ["", f"-> 202, which rejects {self.rejected}"]
        return "\n".join(lines)


@dataclass(frozen=True)
class Example:
    """Requests in their order, or a descriptor, to be judged by a contract.

    ``settings`` are arguments of ``FakeJira`` that the example needs.
    """

    requests: tuple[Sent, ...] = ()
    descriptor: Any = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The example to read."""
        if self.descriptor is not None:
            return json.dumps(_shortened(self.descriptor), indent=2, ensure_ascii=False)
        texts = [request.text for request in self.requests]
        if "app" in self.settings:
            texts.insert(0, f"The installed app:\n{json.dumps(self.settings['app'], indent=2)}")
        return "\n\n".join(texts)


@dataclass(frozen=True)
class Rule:
    """One rule of the contract.

    ``refusal`` is the HTTP status with which Jira refuses the whole request,
    ``REJECTS_LINK`` where it rejects the one link, and None where it takes the
    request all the same; ``outcome`` says it in words where that is not the
    whole of it. ``source`` says where the rule is published; the first of the
    examples breaks it, the other is the same, mended.
    """

    code: str
    name: str
    severity: Severity
    refusal: int | None
    summary: str
    why: str
    source: str
    broken: Example
    mended: Example
    outcome: str = ""

    @property
    def answer(self) -> str:
        """What Jira does with a breach, in words."""
        if self.outcome:
            return self.outcome
        if self.broken.descriptor is not None:
            return "does not install the app"
        if self.refusal is None:
            return "takes it all the same"
        return "rejects the link" if self.refusal == REJECTS_LINK else f"answers {self.refusal}"


def selects(selectors: Iterable[str], code: str) -> bool:
    """Whether one of the selectors, each a code or the beginning of one, covers the code."""
    return any(code.startswith(selector) for selector in selectors)


SITE_BASE = REMOTE_LINKS.base
AUTHORIZATION = ("Authorization", "JWT aaaa.bbbb.cccc")
_JSON = ("Content-Type", "application/json")

LINK: dict[str, Any] = {
    "id": "alert-1",
    "updateSequenceNumber": 1,
    "displayName": "SQL injection in checkout",
    "url": "https://scanner.example/alerts/1",
    "type": "security",
    "lastUpdated": "2026-01-31T12:00:00Z",
}


def a_link(**members: Any) -> dict[str, Any]:
    """A good link, some of its members replaced."""
    return {**LINK, **members}


def submission(*links: Any, headers: tuple[tuple[str, str], ...] = (AUTHORIZATION, _JSON), **envelope: Any) -> Sent:
    """A submission of links; of one good link where none is given."""
    return Sent("POST", f"{SITE_BASE}/bulk", headers, {"remoteLinks": list(links) or [LINK], **envelope})


def submitted_text(text: str) -> Sent:
    """A submission whose body is a text."""
    return Sent("POST", f"{SITE_BASE}/bulk", (AUTHORIZATION, _JSON), text)


def call(method: str, path: str, *headers: tuple[str, str]) -> Sent:
    """A request without a body, to a path below the site's base."""
    return Sent(method, SITE_BASE + path, headers or (AUTHORIZATION,))


def after(seconds: float, request: Sent) -> Sent:
    """The request, sent so many seconds after the one before."""
    return replace(request, after=seconds)


def refused(request: Sent, status: int, retry_after: int | None = None) -> Sent:
    """The request, refused whatever it says."""
    return replace(request, refused=(status, retry_after))


def rejecting(link_id: str, request: Sent) -> Sent:
    """The submission, answered with 202 and the link rejected whatever it says."""
    return replace(request, rejected=link_id)


def example(*requests: Sent, **settings: Any) -> Example:
    """An example of requests."""
    return Example(requests, settings=settings)


def installed(*requests: Sent, **members: Any) -> Example:
    """An example of an installed app's requests; members of its descriptor, or of its module, are replaced."""
    module = {"key": APP_KEY, "name": {"value": "Shop Scanner"}, "homeUrl": "https://scanner.example", **members.pop("module", {})}
    descriptor = {
        "key": APP_KEY,
        "baseUrl": "https://scanner.example",
        "scopes": ["READ", "WRITE", "DELETE"],
        "modules": {"jiraRemoteLinkInfoProvider": module},
        **members,
    }
    return Example(requests, settings={"app": descriptor, "shared_secret": SHARED_SECRET})


def read_with(credential: Signed | Issued) -> Sent:
    """A read with a credential."""
    return Sent("GET", f"{SITE_BASE}/remotelink/alert-1", credential=credential)


def signed(hashed: str = f"GET&{SITE_BASE}/remotelink/alert-1&", **changes: Any) -> Signed:
    """The token of a read; of another request where that is given."""
    return Signed(hashed, **changes)


def signed_submission(*links: Any) -> Sent:
    """A submission of links by the installed app."""
    unsigned = submission(*links)
    return Sent(unsigned.method, unsigned.target, (_JSON,), unsigned.body, signed(f"POST&{SITE_BASE}/bulk&"))


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list) and len(value) > 4:
        return [*(_shortened(inner) for inner in value[:2]), f"… {len(value) - 2} more, {len(value)} in all"]
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > 120:
        return f"{value[:40]}… {len(value)} characters in all"
    return value
