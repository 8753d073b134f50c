"""Submissions and requests that are broken in one to three ways; and what a fix must achieve."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

from pytest_remotelinks import Fix, Violation
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

Path = tuple[str | int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

BASE = "/rest/remotelinks/1.0"
AUTHORIZATION = "JWT aaaa.bbbb.cccc"


def full_link(number: int) -> dict[str, Any]:
    """A valid link with every member."""
    return {
        "schemaVersion": "1.0",
        "id": f"alert-{number}",
        "updateSequenceNumber": 1769860800000 + number,
        "displayName": f"SQL injection, alert {number}",
        "url": f"https://scanner.example/alerts/{number}?tab=1",
        "type": "security",
        "description": "The order number reaches the database unescaped.",
        "lastUpdated": "2026-01-31T12:00:00Z",
        "associations": [
            {"associationType": "issueKeys", "values": ["SHOP-12", "SHOP-13"]},
            {"associationType": "serviceIdOrKeys", "values": ["payments"]},
        ],
        "status": {"appearance": "removed", "label": "OPEN"},
        "actionIds": ["dismiss"],
        "attributeMap": {"alert": "7"},
    }


# Ways to break a text, a name, any value


def _typo(text: str, draw: Draw) -> str:
    if not text:
        return "x"
    at = draw(st.integers(0, len(text) - 1))
    return draw(
        st.sampled_from(
            [
                text[:at] + text[at + 1 :],
                text[:at] + text[at] + text[at:],
                text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
                text[:at] + "x" + text[at + 1 :],
            ]
        )
    )


def _respelled(name: str, draw: Draw) -> str:
    snake = re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)
    return draw(
        st.sampled_from(
            [
                name.lower(),
                name.upper(),
                name.capitalize(),
                snake,
                snake.replace("_", "-"),
                f" {name}",
                f"{name}s",
                name.removesuffix("s"),
                name.removesuffix("Number") + "Id",
                name.removesuffix("Updated") + "Changed",
                _typo(name, draw),
            ]
        )
    )


TEXTS = """SHOP 12|shop-12|see SHOP-12|SHOP-12, SHOP-13|SHOP-12 SHOP-12|https://jira.example/browse/SHOP-12|CVE-2026-1234|#12|ÄSHOP-1
UTF-8|12|10001|17|-5|1.5|1e3|9223372036854775808|true|null||.|ü|😀|<string>|www.scanner.example|https://scanner.example/ü b
https://scanner.example/{id}|https://scannér.example/|https://a.example/%zz|https://a.example/\ud800|//a.example
mailto:a@b.example|2026-01-31|2026-01-31T12:00:00|2026-01-31 12:00:00Z|2026-01-31T12:00:00+0100|2026-01-31 12:00:00 +01:00
2026-02-30 12:00:00Z|2026-12-31T23:59:60Z|2016-12-31 23:59:60Z|2026-01-31T12:00:00+01|0000-01-01 00:00:00Z
Sat, 31 Jan 2026 12:00:00 GMT|1769860800|issueIdOrKeys|issue_keys|serviceIdOrKeys|Service|commit|red|New|in progress|log_file
alerts|incident|2.0|1|v1.0|ann@scanner.example""".replace("\n", "|").split("|")  # fmt: skip
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 20),
    st.sampled_from([2**53 + 1, 2**63 - 1, 2**63, 10**30, 0.0, 1.0, 1.5, 1e20, 1769860800000.0]),
    st.sampled_from(TEXTS),
    st.text(max_size=4),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2),
    st.dictionaries(st.sampled_from(["id", "value", "values", "label", "a"]), st.sampled_from(TEXTS), min_size=1, max_size=2),
)
NAMES = [
    "displayname",
    "name",
    "title",
    "updateSequenceId",
    "sequenceNumber",
    "updated",
    "link_url",
    "URL",
    "uri",
    "issueKeys",
    "issueIdOrKeys",
    "service_id_or_keys",
    "keys",
    "remote_links",
    "remotelinks",
    "links",
    "properties",
    "property",
    "product",
    "providerMetadata",
    "label",
    "appearance",
    "Label",
    "state",
    "values",
    "value",
    "association",
    "associationtype",
    "severity",
    "preventTransitions",
    "operationType",
    "attributes",
    "actions",
    "description",
    "desciption",
    "Description",
    "ID",
    "Id",
]
KEYS = ["a", "a:b", "a.b", "a::b", ":", "_", "_a", "__a", "_a:b", "account:id", "account.id", "Account", "token", "ü", ""]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from _paths(inner, (*path, step))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _changed(value: Any, draw: Draw) -> Any:
    """Another value in place of one: near to it, or any."""
    choices: list[Callable[[], Any]] = [lambda: draw(VALUES)]
    if isinstance(value, str):
        choices += [
            lambda: draw(st.sampled_from([f" {value}", f"{value}\n", f"\t{value} ", f"\u00a0{value}"])),
            lambda: _respelled(value, draw),
            lambda: _typo(value, draw),
            lambda: value + draw(st.sampled_from(["x", " ", "é", "😀"])) * draw(st.sampled_from([255, 256, 2000])),
            lambda: f"see {value}",
            lambda: [value],
            lambda: draw(st.sampled_from(TEXTS)),
        ]
    elif isinstance(value, int):
        choices += [lambda: str(value), lambda: float(value), lambda: f" {value}", lambda: [value], lambda: -value]
    elif isinstance(value, list):
        choices += [
            lambda: value[0] if value else None,
            lambda: value * draw(st.sampled_from([2, 3, 12])),
            lambda: [*value, draw(VALUES)],
            list,
            lambda: json.dumps(value),
        ]
    elif isinstance(value, dict):
        choices += [lambda: [value], lambda: {**value, draw(st.sampled_from(NAMES)): draw(VALUES)}, lambda: json.dumps(value)]
    return draw(st.sampled_from(choices))()


# Mutations of a payload. Each returns the new payload.


def _replace(payload: Any, draw: Draw) -> Any:
    path = draw(st.sampled_from(list(_paths(payload))))
    if not path:
        return payload
    _at(payload, path[:-1])[path[-1]] = _changed(_at(payload, path), draw)
    return payload


def _objects(payload: Any) -> list[Path]:
    return [path for path in _paths(payload) if isinstance(_at(payload, path), dict) and _at(payload, path)]


def _remove(payload: Any, draw: Draw) -> Any:
    if objects := _objects(payload):
        place = _at(payload, draw(st.sampled_from(objects)))
        del place[draw(st.sampled_from(list(place)))]
    return payload


def _rename(payload: Any, draw: Draw) -> Any:
    if objects := _objects(payload):
        place = _at(payload, draw(st.sampled_from(objects)))
        name = draw(st.sampled_from(list(place)))
        new = draw(st.sampled_from([_respelled(name, draw), draw(st.sampled_from(NAMES))]))
        value = place[name] if draw(st.integers(0, 3)) == 0 else place.pop(name)
        place.setdefault(new, copy.deepcopy(value))
    return payload


def _add(payload: Any, draw: Draw) -> Any:
    if objects := _objects(payload):
        place = _at(payload, draw(st.sampled_from(objects)))
        place.setdefault(draw(st.sampled_from(NAMES)), draw(VALUES))
    return payload


def _properties(payload: Any, draw: Draw) -> Any:
    if isinstance(payload, dict):
        keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=6, unique=True))
        payload["properties"] = {key: draw(st.just("x") | VALUES) for key in keys}
    return payload


def _repeat_link(payload: Any, draw: Draw) -> Any:
    links = payload.get("remoteLinks") if isinstance(payload, dict) else None
    if isinstance(links, list) and links and isinstance(links[0], dict):
        number = links[0].get("updateSequenceNumber")
        later = {"updateSequenceNumber": number + 1} if isinstance(number, int) else {}
        id = links[0].get("id")
        links.append({**copy.deepcopy(links[0]), **later, "id": draw(st.sampled_from([id, str(id), f" {id}", 5]))})
    return payload


def _many(payload: Any, draw: Draw) -> Any:
    """More links or association values than are allowed."""
    links = payload["remoteLinks"]
    if draw(st.booleans()):
        links.extend(full_link(number) for number in range(1000, 1100))
    elif "associations" in links[0]:
        for association, count in zip(links[0]["associations"], draw(st.sampled_from([(501, 1), (400, 101), (1, 501)])), strict=True):
            association["values"] = [f"SHOP-{number}" for number in range(1, count + 1)]
    return payload


def _envelope(payload: Any, draw: Draw) -> Any:
    links = payload.get("remoteLinks") if isinstance(payload, dict) else None
    if not isinstance(links, list) or not links:
        return payload
    name = _respelled("remoteLinks", draw)
    return draw(st.sampled_from([links[0], links, {"remoteLinks": links[0]}, {**payload, "remoteLinks": None}, {name: links}]))


_MUTATIONS = [_replace] * 8 + [_remove] + [_rename] * 4 + [_add] * 2 + [_properties, _repeat_link, _envelope]


@st.composite
def broken_payloads(draw: Draw) -> Any:
    """A submission's payload with one to three mutations; a few are valid still."""
    payload: Any = {
        "remoteLinks": [full_link(number) for number in range(draw(st.integers(1, 2)))],
        "properties": {"accountId": "account-1", "repository": "7"},
        "providerMetadata": {"product": "Scanner 2.3"},
    }
    if draw(st.booleans()):
        for link in payload["remoteLinks"]:
            for name in draw(
                st.lists(st.sampled_from(["schemaVersion", "description", "associations", "status", "attributeMap"]), unique=True)
            ):
                del link[name]
    if draw(st.integers(0, 99)) == 0:
        return _many(payload, draw)
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        payload = draw(st.sampled_from(_MUTATIONS))(payload, draw)
    return payload


def request_of(payload: Any) -> Request:
    """The request that submits a payload."""
    return _request("POST", f"{BASE}/bulk", [("Authorization", AUTHORIZATION), ("Content-Type", "application/json")], payload)


# Requests

PROPERTIES = {"accountId": "account-1", "repository.id": "7"}
_IDS = [
    "alert-1",
    "a%2Fb",
    "a/b",
    "a/b/",
    "a b",
    "ü",
    "%C3%BC",
    "%FF",
    "100%",
    "a?b=c",
    "a?b",
    "",
    "/",
    "x" * 255,
    "x" * 256,
    "a:b@c",
    "<a>",
]
_QUERIES = """|accountId=account-1|accountid=account-1|account_id=account-1&repository.id=7|repository:id=7|_accountId=account-1|unknown=1
_updateSequenceNumber=7|_updateSequenceNumber=7&accountId=account-1|_updateSequenceNumber=latest
_updateSequenceNumber=&accountId=account-1|accountId=account-1&accountId=account-2|accountId|accountId=ü|accountId=a#b
&&accountId=account-1&|accountId=account-1&AccountID=account-2|a%3Ab=1&a.b=2|=1
params=%7B%22accountId%22%3A%22account-1%22%7D|params=%7B%22accountId%22%3A%22account-1%22%2C%22x%22%3A%221%22%7D
params=%5B1%5D|params%5BaccountId%5D=account-1|params[accountId]=account-1|params[x]=1|params={"accountId":"account-1"}
params.accountId=account-1|params=[object%20Object]|params=%7B%22accountId%22%3A%22account-1%22%7D&accountId=account-2
params=%7B%22repository.id%22%3A%227%22%7D&accountId=account-1|params={'accountId':'account-1'}|params=accountId&params=account-1
params=accountId&params=repository.id|params=accountId,account-1|params=accountId%20account-1|params=accountId%3Daccount-1|params=
params={accountId=account-1,%20repository.id=7}|params[0][accountId]=account-1
params=[('accountId','account-1')]|params[]=x|jwt=aaaa.bbbb.cccc|jwt=aaaa.bbbb.cccc&accountId=account-1
jwt=aaaa.bbbb.cccc&_updateSequenceNumber=7|access_token=aaaa.bbbb.cccc
params=accountId|params=account|Params[accountId]=account-1|params%255BaccountId%255D=account-1|params__accountId=account-1
properties={"accountId":"account-1"}|properties[accountId]=account-1
params["accountId"]=account-1""".replace("\n", "|").split("|")  # fmt: skip
_PATHS = """/bulk|/bulk/|//bulk|/Bulk|/bulks|/bulkByProperties|/bulkbyproperties|/bulkByProperties/|/remotelinks/alert-1|/remotelink
/remoteLink/alert-1|/remotelink/alert-1/|/issue/SHOP-1|/bulk%20|/./bulk|/remotelink//alert-1|/bulk;v=1|/%62ulk
/bulk/""".replace("\n", "|").split("|")  # fmt: skip
_METHODS = ["GET", "PUT", "POST", "post", "get", "delete", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_CREDENTIALS = [
    AUTHORIZATION, "jwt aaaa.bbbb.cccc", "JWT token=aaaa.bbbb.cccc", "JWT  aaaa.bbbb.cccc", "JWT: aaaa.bbbb.cccc", "JWT <aaaa.bbbb.cccc>",
    'JWT "aaaa.bbbb.cccc"', "aaaa.bbbb.cccc", "Bearer JWT aaaa.bbbb.cccc", "Bearer", "JWT", "", "Token abc", "JWT a.b", "JWT {token}",
    "bearer abc", "Basic YTpi", "Basic a:b", "JWT aaaa.bbbb.cccc,", "Authorization: JWT aaaa.bbbb.cccc", "Bearer: abc",
    'Bearer token="abc"', "JWT b'aaaa.bbbb.cccc'", "jwt  [aaaa.bbbb.cccc]", "JWT%20aaaa.bbbb.cccc", "Token token=aaaa.bbbb.cccc",
    "Bearer undefined",
    "JWT {{token}}", "Basic YW5uQHNjYW5uZXIuZXhhbXBsZTp4", "Basic YW5uQHNjYW5uZXIuZXhhbXBsZTp4Cg==", "Basic YW5uQHNjYW5uZXIuZXhhbXBsZTp4eA",
    "Basic Basic YTpi", "Basic ann@scanner.example:x", "Basic b'YTpi'", "Basic WVRwaQ==", "Basic None", r"JWT aaaa.bbbb.cccc\n",
]  # fmt: skip
_CONTENT_TYPES = [
    "application/json; charset=utf-8",
    "text/plain",
    "Application/JSON",
    "application/x-www-form-urlencoded",
    "application/json,x",
    "json",
]


@st.composite
def broken_requests(draw: Draw) -> Request:
    """A request that is broken in its line, its headers or its body: in one of them, or in its query and headers."""
    kind = draw(st.sampled_from(["read", "delete", "submit", "query", "path"]))
    headers = [("Authorization", AUTHORIZATION)]
    if draw(st.integers(0, 2)) == 0:
        value = draw(st.sampled_from([*_CREDENTIALS, None]))
        headers = [("Authorization", value)] if value is not None else []
    if kind in ("read", "delete"):
        query = draw(st.sampled_from(["", "", "?expand=all", "?_updateSequenceNumber=7", "?_updateSequenceNumber=x"]))
        target = f"{BASE}/remotelink/{draw(st.sampled_from(_IDS))}{query}"
        return _request("GET" if kind == "read" else "DELETE", target, headers)
    if kind == "query":
        return _request("DELETE", f"{BASE}/bulkByProperties?{draw(st.sampled_from(_QUERIES))}", headers)
    payload = {"remoteLinks": [full_link(1)], "properties": PROPERTIES}
    if kind == "path":
        # Nothing else of a request is checked that reaches no operation.
        sent = [("Authorization", AUTHORIZATION), ("Content-Type", "application/json")]
        method, path = draw(st.sampled_from(["POST"] * 9 + _METHODS)), draw(st.sampled_from(_PATHS))
        return _request(method, BASE + path, sent, payload) if method == "POST" else _request(method, f"{BASE}/bulk", sent, payload)
    types = draw(st.sampled_from([["application/json"], ["application/json"], [], *([name] for name in _CONTENT_TYPES)]))
    headers += [("Content-Type", name) for name in types]
    extra = draw(st.sampled_from(["", "", "?notify=false", "?jwt=aaaa.bbbb.cccc"]))
    if draw(st.integers(0, 4)) == 0:
        headers.append(("Content-Encoding", draw(st.sampled_from(["gzip", "identity", "br", "utf-8"]))))
    return _request("POST", f"{BASE}/bulk{extra}", headers, payload if draw(st.booleans()) else draw(broken_payloads()))


def _request(method: str, target: str, headers: Iterable[tuple[str, str]], payload: Any = None) -> Request:
    body = b"" if payload is None else json.dumps(payload).encode()
    # A request line is bytes, which are read as Latin-1.
    return Request(method, target.encode().decode("latin-1"), Headers(headers), body, len(body))


# What a fix must achieve


def places(violations: Iterable[Violation]) -> Counter[tuple[str, str]]:
    """How often each rule is violated at each place."""
    return Counter((violation.code, violation.pointer) for violation in violations)


def unmet(violation: Violation, before: Iterable[Violation], after: Iterable[Violation]) -> list[tuple[str, str]]:
    """Where obeying a violation's fix left it, or brought another violation in its place."""
    fix = violation.fix
    assert fix is not None
    had, has = places(before), places(after)
    old = Counter({(code, _moved(pointer, fix)): count for (code, pointer), count in had.items()})
    key = violation.code, _moved(violation.pointer, fix)
    new = [place for place, count in has.items() if count > old[place]]
    return new + ([key] if has[key] >= old[key] else [])


def _moved(pointer: str, fix: Fix) -> str:
    """Where a place is after a fix has renamed a member."""
    if fix.action != "rename" or not (pointer == fix.pointer or pointer.startswith(fix.pointer + "/")):
        return pointer
    new = fix.value.replace("~", "~0").replace("/", "~1")
    return fix.pointer[: fix.pointer.rindex("/") + 1] + new + pointer[len(fix.pointer) :]
