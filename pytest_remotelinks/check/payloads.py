"""Check a payload in a unit test, without HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.contract.diff.versions import successor
from pytest_remotelinks.contract.document import NEWEST, load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.selectors import parse_selectors
from pytest_remotelinks.rules.violation import Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.json_body import NotJSON, decode
from pytest_remotelinks.wire.request import Request

#: Rules about parameters, which a payload does not have.
_OF_PARAMETERS = ("RL107",)
#: Rules about a request as a whole, which links that are not yet sent do not have.
_OF_REQUESTS = ("RL103", "RL108", "RL109", "RL204")
_SENT = Headers([("Authorization", "JWT aaaa.bbbb.cccc"), ("Content-Type", "application/json")])
_LIST = REMOTE_LINKS.list_member
_METHOD, _TARGET = "POST", REMOTE_LINKS.base + REMOTE_LINKS.operation("submit").path


def check_submission(
    payload: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """The violations in a submission's payload: an object, or JSON as text or bytes.

    The rules are those of ``FakeJira``, and so are ``contract``, ``ignore`` and
    ``next_contract``. Parameters and headers are not checked, since a payload
    has none.

    Raises ContractError for a document that cannot be used, and ValueError for
    a selector that covers no rule. A Python value that cannot be written as
    JSON raises TypeError if its type is the reason; it raises ValueError if it
    contains itself, is nested too deep for Python, or has a number of thousands
    of digits. NaN and infinities are RL101.
    """
    return _violations(_as_json(payload), contract, parse_selectors(ignore), next_contract)


def check_link(
    link: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """The violations in one remote link, with pointers into the link. Otherwise like ``check_submission``.

    A submission, or a list of links, has one violation, which says so.
    """
    text = _as_json(link)
    found = _spliced(f'{{"{_LIST}":[', text, "]}", f"/{_LIST}/0", contract, ignore, next_contract)
    if (other := _not_a_link(text)) is None:
        return found
    message, hint = other
    return [replace(violation, message=message, hint=hint, fix=None) for violation in found if not violation.pointer][:1]


def check_links(
    links: Any, contract: str | Path = NEWEST, ignore: str | Iterable[str] = (), next_contract: str | Path | None = None
) -> list[Violation]:
    """The violations in a list of links, however many requests will submit them. Otherwise like ``check_link``."""
    return _spliced(f'{{"{_LIST}":', _as_json(links), "}", f"/{_LIST}", contract, ignore, next_contract)


def _not_a_link(text: bytes) -> tuple[str, str] | None:
    """What a text is that was taken for a link, and how to check it; None if it may be a link."""
    try:
        value, _ = decode(text)
    except NotJSON:
        return None
    noun = REMOTE_LINKS.noun
    if isinstance(value, list):
        return f"this is a list, and not a {noun}", f"check each {noun} of the list, or all with check_submission({{'{_LIST}': […]}})"
    if isinstance(value, dict) and _LIST in value and REMOTE_LINKS.telling_members.isdisjoint(value):
        return f"this is a submission, and not a {noun}", "use check_submission"
    return None


def _as_json(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(value).encode()
    except TypeError as error:
        raise TypeError(f"the payload cannot be sent as JSON: {error}") from None
    except RecursionError:
        raise ValueError("the payload cannot be sent as JSON: it is nested too deep") from None
    except ValueError as error:
        raise ValueError(f"the payload cannot be sent as JSON: {error}") from None


def _spliced(
    before: str, text: bytes, after: str, place: str, contract: str | Path, ignore: str | Iterable[str], next_contract: str | Path | None
) -> list[Violation]:
    """The violations in a text that is a part of a payload. If it is not JSON itself, it is checked on its own."""
    selectors = (*parse_selectors(ignore), *_OF_REQUESTS)
    try:
        decode(text)
    except NotJSON:
        return _violations(text, contract, selectors, next_contract)
    body = before.encode() + text + after.encode()
    return [_below(place, violation) for violation in _violations(body, contract, selectors, next_contract)]


def _violations(body: bytes, contract: str | Path, ignore: tuple[str, ...], next_contract: str | Path | None) -> list[Violation]:
    document = load_document(contract)
    newer = load_document(next_contract) if next_contract else successor(document)
    checker = Checker(document, (*ignore, *_OF_PARAMETERS), next_document=newer)
    return list(checker.check(Request(_METHOD, _TARGET, _SENT, body, len(body))).violations)


def _below(prefix: str, violation: Violation) -> Violation:
    fix = violation.fix
    if fix is not None and _is_below(prefix, fix.pointer):
        violation = replace(violation, fix=replace(fix, pointer=fix.pointer[len(prefix) :]))
    if _is_below(prefix, violation.pointer):
        return replace(violation, pointer=violation.pointer[len(prefix) :])
    return violation


def _is_below(prefix: str, pointer: str) -> bool:
    return pointer == prefix or pointer.startswith(prefix + "/")
