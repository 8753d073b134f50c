"""What to change where a submission does not fit the schema: what the schema says, and what the API's own words add."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_remotelinks.apis.api import Api
from pytest_remotelinks.contract.explain import SchemaError, missing_member
from pytest_remotelinks.contract.schema import members_of, required_of
from pytest_remotelinks.contract.value_fix import fits
from pytest_remotelinks.rules.payload import ACTIONS, Payload
from pytest_remotelinks.wire.fix import Fix
from pytest_remotelinks.wire.json_body import pointer_to

#: An issue key as Jira makes them: a project part in capitals, a number, and nothing that a longer word would go on with.
_ISSUE_KEY = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]{1,254}-[1-9][0-9]{0,254}(?![\w-])")
_HASH = "send a hash of yours, such as hashlib.sha256(id.encode()).hexdigest(): two cut ids could be the same"


def schema_hint(payload: Payload, error: SchemaError, hint: str | Fix) -> str | Fix:
    """The hint for a schema error of a submission; ``hint`` is what the schema alone says."""
    if isinstance(hint, Fix):
        return _checked(payload, error, hint.at(pointer_to(error.path)))
    advice = _ADVICE.get(error.keyword)
    return (advice(payload, error) if advice else None) or hint


def lacks_envelope(api: Api, payload: Any) -> bool:
    """Whether a payload is an entity, and not a submission of it."""
    return isinstance(payload, dict) and api.list_member not in payload and not api.telling_members.isdisjoint(payload)


def _only_issue_key(text: str) -> str | None:
    """The one issue key in a text, None if there is none, or more than one."""
    found = set(_ISSUE_KEY.findall(text))
    return found.pop() if len(found) == 1 else None


def issue_key_hint(text: str) -> str | Fix:
    """The hint for a text that is not an issue key."""
    found = _only_issue_key(text)
    return Fix("set", found) if found else "send each issue key as a value of its own, such as ABC-123, without other text"


def _checked(payload: Payload, error: SchemaError, fix: Fix) -> str | Fix:
    """The fix; only its words where it could lead to another violation."""
    api, path = payload.document.api, error.path
    member = path[2] if len(path) > 2 and path[0] == api.list_member else ""
    if member in api.identity and not payload.has_own_id(int(path[1]), fix.apply(payload.value)[path[0]][path[1]]):
        return f"{fix}, if no other {api.noun} of the submission has this id"
    if member == ACTIONS or (member == api.associations_member and error.keyword == "enum" and not payload.is_enough(fix)):
        return str(fix)
    # A number could be meant as an issue's id or not.
    return replace(fix, safe=fix.safe and (member != api.associations_member or error.keyword != "type"))


def _type(payload: Payload, error: SchemaError) -> str | Fix | None:
    api = payload.document.api
    if error.found is None and error.path:
        return _null(payload, error.path)
    if error.wanted == "array":
        fix = Fix("wrap", safe=True, pointer=pointer_to(error.path))
        return fix if payload.is_enough(fix) else None
    if not error.path and isinstance(error.found, list):
        return _envelope(payload)
    if error.path[:1] == (api.list_member,) and len(error.path) == 2:
        return f"send each {api.noun} as an object with its members"
    return None


def _null(payload: Payload, path: tuple[str | int, ...]) -> str | Fix | None:
    """A null is the same as an absent member, which may be left out unless it is required."""
    schema, name = payload.schema_at(path[:-1]), path[-1]
    if isinstance(name, int):
        return "leave the entry out, or give it a value"
    if name in required_of(schema):
        return "give it a value"
    return Fix("remove", safe=True) if name in members_of(schema) else None


def _envelope(payload: Payload) -> str | Fix:
    return payload.proven(Fix("wrap", payload.document.api.list_member, safe=True))


def _required(payload: Payload, error: SchemaError) -> str | Fix | None:
    missing = missing_member(error)
    if renamed := payload.rename_to(error.path, missing):
        return renamed
    if not error.path and missing == payload.document.api.list_member and lacks_envelope(payload.document.api, error.found):
        return _envelope(payload)
    return None


def _max_length(payload: Payload, error: SchemaError) -> str | Fix | None:
    api, name = payload.document.api, error.path[-1]
    if name in api.identity and len(error.path) == 3:
        return _HASH
    if name in api.text_members and fits(error.schema, error.found[: error.wanted]):
        return Fix("truncate", error.wanted, safe=True)
    return None


def _min_items(payload: Payload, error: SchemaError) -> str | Fix | None:
    if error.path == (payload.document.api.list_member,):
        return f"add a {payload.document.api.noun}, or send no request"
    schema, name = payload.schema_at(error.path[:-1]), error.path[-1]
    if not error.found and name in members_of(schema) and name not in required_of(schema):
        return Fix("remove", safe=True)
    return "add an entry, or leave out what the list belongs to"


def _pattern(payload: Payload, error: SchemaError) -> str | Fix | None:
    api = payload.document.api
    in_associations = error.path[:1] == (api.list_member,) and error.path[2:3] == (api.associations_member,)
    return issue_key_hint(error.found) if in_associations and isinstance(error.found, str) else None


_ADVICE: dict[str, Callable[[Payload, SchemaError], str | Fix | None]] = {
    "type": _type,
    "required": _required,
    "maxLength": _max_length,
    "minItems": _min_items,
    "pattern": _pattern,
}
