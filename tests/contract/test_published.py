"""Our statement of the contract against the published documents, all prose left out."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from openapi_spec_validator import validate
from support.paths import ROOT

from pytest_remotelinks.wire.json_body import pointer_to

pytestmark = pytest.mark.both_versions

PUBLISHED = ROOT.parent / "shared" / "contract" / "published"
FILES = {"2023-06": "jira-software-2023-06-15.json", "2026-06": "jira-software-2026-06-10.json"}
PROSE = {"title", "description", "summary", "example", "externalDocs"}


def ours(version: str) -> dict[str, Any]:
    return json.loads((ROOT / "openapi" / f"{version}.json").read_text())


def published(version: str) -> dict[str, Any]:
    path = PUBLISHED / FILES[version]
    if not path.exists():
        pytest.skip(f"the published document {path.name} is not beside the checkout")
    return json.loads(path.read_text())


def facts(spec: dict[str, Any]) -> dict[str, Any]:
    """What a document says of remote links: paths, and the security schemes that they name."""

    def bare(part: Any, names: bool = False) -> Any:
        if isinstance(part, list):
            return [bare(inner) for inner in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            target: Any = spec
            for step in part["$ref"][2:].split("/"):
                target = target[step]
            return bare(target)
        # Below "properties" and "responses" the keys are names, not keywords.
        return {key: bare(inner, key == "properties" and not names) for key, inner in part.items() if names or key not in PROSE}

    paths = {path: bare(item) for path, item in spec["paths"].items() if "/remotelinks/" in path}
    named: dict[str, set[str]] = {}
    for item in paths.values():
        for operation in item.values():
            for requirement in operation.get("security", ()) if isinstance(operation, dict) else ():
                for name, scopes in requirement.items():
                    named.setdefault(name, set()).update(scopes)
    schemes: dict[str, Any] = {}
    for name, scopes in named.items():
        schemes[name] = bare(spec["components"]["securitySchemes"][name])
        for flow in schemes[name].get("flows", {}).values():
            # What a scope is called matters; how it is described does not.
            flow["scopes"] = sorted(scope for scope in flow["scopes"] if scope in scopes)
    return {"paths": paths, "securitySchemes": schemes}


def differing(left: Any, right: Any, path: tuple[str | int, ...] = ()) -> list[str]:
    """Pointers at which two documents differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        one_sided = [pointer_to((*path, key)) for key in left.keys() ^ right.keys()]
        return sorted(one_sided) + [found for key in left.keys() & right.keys() for found in differing(left[key], right[key], (*path, key))]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            found for index, (one, other) in enumerate(zip(left, right, strict=True)) for found in differing(one, other, (*path, index))
        ]
    return [] if type(left) is type(right) and left == right else [pointer_to(path)]


def test_same_facts_as_published(version):
    """Our document has the facts of the published one."""
    assert differing(facts(ours(version)), facts(published(version))) == []


def test_valid_openapi(version):
    """Our document is valid OpenAPI."""
    validate(ours(version))


def test_comparison_sees_changes(version):
    """The comparison sees limits, values, responses and scopes."""
    spec = ours(version)
    changed = copy.deepcopy(spec)
    changed["components"]["schemas"]["RemoteLink"]["properties"]["displayName"]["maxLength"] = 254
    changed["components"]["schemas"]["RemoteLink"]["properties"]["description"] = {"type": "integer"}
    changed["components"]["schemas"]["ServiceAssociation"]["properties"]["associationType"]["enum"].append("x")
    del changed["paths"]["/rest/remotelinks/1.0/bulk"]["post"]["responses"]["413"]
    changed["paths"]["/rest/remotelinks/1.0/bulk"]["post"]["x-atlassian-connect-scope"] = "READ"
    found = differing(facts(spec), facts(changed))
    for ending in ("/displayName/maxLength", "/description/type", "/associationType/enum", "/responses/413", "/x-atlassian-connect-scope"):
        assert any(pointer.endswith(ending) for pointer in found), ending
    assert differing(facts(spec), facts(spec)) == []


def test_own_wording(version):
    """No sentence of ours is in the published document."""

    def sentences(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {
                part[key].strip() for key in ("description", "summary") if isinstance(part.get(key), str) and len(part[key].strip()) > 25
            }
            return own.union(*(sentences(inner) for inner in part.values()))
        return set().union(*(sentences(inner) for inner in part)) if isinstance(part, list) else set()

    theirs = "\n".join(sentences(published(version)))
    assert [sentence for sentence in sentences(ours(version)) if sentence in theirs] == []
