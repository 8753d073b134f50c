"""The fast path in front of the validator: it never accepts what a rule forbids."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.checker import Checker
from pytest_remotelinks.rules.validators import fast_path_of
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

pytestmark = pytest.mark.both_versions

HEADERS = Headers([("Authorization", "JWT x"), ("Content-Type", "application/json")])

texts = st.text(max_size=12) | st.sampled_from(["", "x" * 255, "x" * 256, "😀" * 255, "a\n", "a@b.example", "\ud800"])
odd_urls = """https://a.example http://a.example:80/b?c=d#e https://[::1]/ https://a.example/%zz https://a.example/ü <string> a
    mailto:a@b.example https://a.example/[ https://a.example/a#b#c http://a..b/ https://a.example:/"""
urls = st.sampled_from(
    [*odd_urls.split(), "", "https://a.example/a b", "https://a.example/\n"],
) | st.from_regex(r"https?://[a-z.]{1,9}[/?#:@%\[\]a-z0-9]{0,9}", fullmatch=True)
times = (
    st.datetimes().map(lambda time: time.isoformat() + "Z")
    | st.from_regex(
        r"[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})", fullmatch=True
    )
    | st.sampled_from(
        [
            "2026-01-31",
            "2026-01-31T12:00:00",
            "2026-01-31t12:00:00z",
            "2026-12-31T23:59:60Z",
            "2026-01-31 12:00:00Z",
            "0000-01-01T00:00:00Z",
        ]
    )
)
keys = (
    st.sampled_from(["A-1", "ABC-123", "abc_d-1", "10001", "A-1\n", " A-1", "x", "A-", "-1", "Ä-1", "A-١", "A-1 B-2", "x" * 300 + "-1", ""])
    | texts
)
numbers = (
    st.integers()
    | st.sampled_from([0, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | texts
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(texts, st.integers(), max_size=2)
)
associations = st.lists(
    st.fixed_dictionaries(
        {
            "associationType": st.sampled_from(["issueKeys", "issueIdOrKeys", "serviceIdOrKeys", "other"]),
            "values": st.lists(keys, max_size=3) | st.integers(240, 260).map(lambda count: [f"A-{number}" for number in range(count)]),
        },
        optional={"more": anything},
    ),
    max_size=3,
)
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["1", "2"]) | texts,
    "updateSequenceNumber": numbers,
    "displayName": texts,
    "url": urls,
    "type": st.sampled_from(["security", "alert", "incident", ""]),
    "lastUpdated": times,
    "schemaVersion": st.sampled_from(["1.0", "2.0"]),
    "description": texts,
    "associations": associations,
    "status": st.fixed_dictionaries({"appearance": st.sampled_from(["default", "red"]), "label": texts}),
    "actionIds": st.lists(texts, max_size=11),
    "attributeMap": st.dictionaries(texts, texts, max_size=2),
    "severity": texts,
}
CLEAN = {
    "id": "1",
    "updateSequenceNumber": 1,
    "displayName": "name",
    "url": "https://a.example/1",
    "type": "alert",
    "lastUpdated": "2026-01-31T12:00:00Z",
}
ENVELOPE: dict[str, st.SearchStrategy[Any]] = {
    "properties": st.dictionaries(st.sampled_from(["account", "a.b", "_a", "a:b", "", "ü", "a b"]), texts | anything, max_size=6),
    "providerMetadata": st.dictionaries(st.sampled_from(["product", "mail"]), texts | anything, max_size=2),
    "operationType": texts,
}


@st.composite
def payloads(draw: st.DrawFn) -> Any:
    """A good submission with a few members replaced, added or left out."""
    links: list[Any] = []
    for number in range(draw(st.integers(1, 3))):
        link: dict[str, Any] = {**CLEAN, "id": str(number)}
        for name in draw(st.lists(st.sampled_from(sorted(MEMBERS)), max_size=2, unique=True)):
            link[name] = draw(MEMBERS[name] | anything if draw(st.integers(0, 9)) == 0 else MEMBERS[name])
        if draw(st.integers(0, 19)) == 0:
            del link[draw(st.sampled_from(sorted(link)))]
        links.append(link if draw(st.integers(0, 19)) else draw(anything))
    payload: dict[str, Any] = {"remoteLinks": links}
    for name in draw(st.lists(st.sampled_from(sorted(ENVELOPE)), max_size=1)):
        payload[name] = draw(ENVELOPE[name] | anything if draw(st.integers(0, 9)) == 0 else ENVELOPE[name])
    return payload


def checked(version: str, payload: Any, ignore: tuple[str, ...] = ()) -> Any:
    body = json.dumps(payload).encode()
    return Checker(load_document(version), ignore).check(Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, body, len(body)))


@pytest.mark.parametrize("version", ["2023-06", "2026-06"])
@given(payload=payloads())
def test_fast_path_agrees_with_validator(version, payload):
    """What the fast path lets pass violates no rule by openapi-core's word."""
    document = load_document(version)
    passed = fast_path_of(document)(payload)
    event("passed" if passed else "to be checked")
    checker = Checker(document)
    # The same request without the fast path: every rule and the validator check it.
    body = json.dumps(payload).encode()
    violations = _all_violations(checker, body, payload)
    found = [violation for violation in violations if violation.code != "RL204"]
    if passed:
        assert found == []
    # The result is that of the validator, whichever way was taken.
    assert {(violation.code, violation.pointer) for violation in checked(version, payload).violations} == {
        (violation.code, violation.pointer) for violation in violations
    }


def _all_violations(checker: Checker, body: bytes, payload: Any) -> list[Any]:
    from pytest_remotelinks.rules.violation import Violations

    violations = Violations(())
    operation = next(operation for operation in checker.document.operations if operation.id == "submitRemoteLinks")
    checker._check_payload(violations, operation, payload)
    return violations.found


@pytest.mark.parametrize("version", ["2023-06", "2026-06"])
def test_fast_path_of_valid_submission(version):
    """A valid submission passes the fast path."""
    fast_path = fast_path_of(load_document(version))
    link = {
        **CLEAN,
        "schemaVersion": "1.0",
        "description": "Überlauf & mehr <b>",
        "associations": [
            {"associationType": "serviceIdOrKeys", "values": ["payments"]},
            {"associationType": "issueKeys", "values": ["ABC-1", "A_B-22"]},
        ],
        "status": {"appearance": "moved", "label": "OPEN"},
        "actionIds": ["fix"],
        "attributeMap": {"id": "1"},
    }
    assert fast_path(
        {"remoteLinks": [link] * 100, "properties": {"accountId": "a", "repo.id": "7"}, "providerMetadata": {"product": "Scanner 2"}}
    )


@given(payload=payloads(), version=st.sampled_from(["2023-06", "2026-06"]))
def test_ignored_rules_reject_nothing(payload, version):
    """If every violated rule is ignored, all links are accepted."""
    broken = {violation.code for violation in checked(version, payload).violations}
    again = checked(version, payload, tuple(broken))
    assert not {violation.code for violation in again.violations} & broken
    if not again.violations:
        assert again.refusal is None
        assert not again.rejections


def test_payload_is_unchanged():
    """Checking a payload does not change it."""
    payload = {"remoteLinks": [{**CLEAN, "associations": [{"associationType": "x"}]}]}
    before = copy.deepcopy(payload)
    checked("2026-06", payload)
    assert payload == before


def test_fast_path_of_unknown_schema(tmp_path):
    """A schema that the fast path cannot make stricter lets nothing pass."""
    document = json.loads((load_path()).read_text())
    schemas = document["components"]["schemas"]
    schemas["RemoteLink"]["properties"]["displayName"] = {"oneOf": [{"type": "string", "maxLength": 5}, {"type": "string", "minLength": 4}]}
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(document))
    changed = load_document(path)
    assert not fast_path_of(changed)({"remoteLinks": [CLEAN]})
    body = json.dumps({"remoteLinks": [{**CLEAN, "displayName": "12345"}]}).encode()
    found = Checker(changed).check(Request("POST", "/rest/remotelinks/1.0/bulk", HEADERS, body, len(body))).violations
    assert [violation.code for violation in found] == ["RL201"]


def load_path():
    from pytest_remotelinks.contract import document

    return document._BUNDLED / "2026-06.json"
