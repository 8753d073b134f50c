"""RL901: what fits the contract in use and violates a newer one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.links import a_link
from support.paths import OPENAPI

from pytest_remotelinks import SettingsError, check_submission
from pytest_remotelinks.contract.diff.versions import successor
from pytest_remotelinks.contract.document import load_document


@pytest.fixture
def tightened(tmp_path):
    """A later document, under which descriptions have at most 100 characters."""
    spec = json.loads((OPENAPI / "2026-06.json").read_text())
    spec["components"]["schemas"]["RemoteLink"]["properties"]["description"]["maxLength"] = 100
    spec["info"]["version"] = "2027"
    path = tmp_path / "2027.json"
    path.write_text(json.dumps(spec))
    return path


def test_101_links(make_site, provider_of, link):
    """101 links are accepted by the older contract, with a warning that names the newer one."""
    jira = make_site(contract="2023-06", consistency="immediate")
    answer = provider_of(jira).submit(*(link(str(number)) for number in range(101)))
    assert answer.status_code == 202
    assert len(jira.links) == 101
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL901", "warning", "/remoteLinks")
    assert violation.message.startswith("contract 2026-06, published on 2026-06-10, refuses this by RL108: ")
    assert "100" in violation.hint


def test_100_links(make_site, provider_of, link):
    """What both contracts allow is not warned of."""
    jira = make_site(contract="2023-06")
    provider_of(jira).submit(*(link(str(number)) for number in range(100)))
    assert jira.violations == []


def test_newest_contract_has_no_successor(make_site, provider_of, link):
    """With the newest contract there are no warnings."""
    jira = make_site(contract="2026-06")
    provider_of(jira).submit(link(description="x" * 255))
    assert jira.violations == []


def test_next_contract_document(make_site, provider_of, link, tightened):
    """next_contract may be any document."""
    jira = make_site(next_contract=tightened)
    answer = provider_of(jira).submit(link("1", description="x" * 101), link("2", description="x" * 100))
    assert answer.json() == {"acceptedRemoteLinks": ["1", "2"]}
    (violation,) = jira.violations
    assert (violation.code, violation.pointer, violation.link) == ("RL901", "/remoteLinks/0/description", 0)
    assert f"contract {tightened}, version 2027, refuses this by RL201" in violation.message


def test_violation_of_both_contracts(make_site, provider_of, link, tightened):
    """What violates the contract in use is reported once, as that."""
    jira = make_site(next_contract=tightened)
    provider_of(jira).submit(link(description="x" * 256))
    assert [violation.code for violation in jira.violations] == ["RL201"]


def test_renamed_older_document(tmp_path, link):
    """A copy of an older document has the same successor."""
    path = tmp_path / "published.json"
    path.write_text((OPENAPI / "2023-06.json").read_text())
    many = {"remoteLinks": [link(str(number)) for number in range(101)]}
    assert [violation.code for violation in check_submission(many, path)] == ["RL901"]


@pytest.mark.parametrize("kept", ["post", "post delete"])
def test_older_document_cut_down(tmp_path, link, kept):
    """A part of an older document has the same successor; only what it asks for counts."""
    spec = json.loads((OPENAPI / "2023-06.json").read_text())
    spec["paths"] = {path: item for path, item in spec["paths"].items() if set(kept.split()) & item.keys() and "get" not in item}
    for item in spec["paths"].values():
        for operation in (item[name] for name in ("post", "delete") if name in item):
            # Only what is sent counts.
            operation["responses"] = {"default": {"description": "An answer"}}
            operation.pop("x-atlassian-connect-scope")
    path = tmp_path / "cut.json"
    path.write_text(json.dumps(spec))
    assert load_document(path).missing
    many = {"remoteLinks": [link(str(number)) for number in range(101)]}
    assert [violation.code for violation in check_submission(many, path)] == ["RL901"]


@pytest.mark.parametrize("change", [lambda spec: None, lambda spec: spec["paths"].pop("/rest/remotelinks/1.0/bulk")])
def test_document_equal_to_newest(tmp_path, change):
    """A document that is equivalent to the newest, or to a part of it, has no successor."""
    spec = json.loads((OPENAPI / "2026-06.json").read_text())
    change(spec)
    path = tmp_path / "same.json"
    path.write_text(json.dumps(spec))
    assert successor(load_document(path)) is None


def test_next_contract_has_a_date(make_site, provider_of, link, tmp_path):
    """A file that is equivalent to a published version is reported with its date."""
    path = tmp_path / "published.json"
    spec = json.loads((OPENAPI / "2026-06.json").read_text())
    path.write_text(json.dumps({**spec, "info": {"title": "x", "version": "1001.0.0"}}))
    jira = make_site(contract="2023-06", next_contract=path)
    provider_of(jira).submit(*(link(str(number)) for number in range(101)))
    (violation,) = jira.violations
    assert violation.message.startswith(f"contract {path}, version 1001.0.0, published on 2026-06-10, refuses this by RL108: ")


def test_next_contract_not_found(make_site):
    """A next_contract that does not exist is an error of the settings."""
    with pytest.raises(SettingsError, match=r"next_contract 'none\.json' is neither one of 2023-06, 2026-06 nor a file"):
        make_site(next_contract="none.json")


members = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", "x" * 256])},
    optional={
        "associations": st.lists(
            st.fixed_dictionaries(
                {
                    "associationType": st.sampled_from(["issueKeys", "issueIdOrKeys"]),
                    "values": st.lists(st.sampled_from(["ABC-1", "10001", "see ABC-1"]), min_size=1, max_size=2),
                }
            ),
            min_size=1,
            max_size=2,
        ),
        "color": st.just("red"),
    },
)


@given(links=st.lists(members, min_size=1, max_size=2), many=st.booleans())
def test_warnings_are_refusals_by_the_newer_contract_only(links, many):
    """RL901 is reported exactly for the errors of the newer contract that the older one does not have."""
    sent = [
        a_link(f"{index}{one['id']}", **{name: value for name, value in one.items() if name != "id"}) for index, one in enumerate(links)
    ]
    payload = {"remoteLinks": sent * (101 if many else 1)}
    now = check_submission(payload, "2023-06", ignore="RL204")
    later = [violation for violation in check_submission(payload, "2026-06", ignore="RL204") if violation.severity == "error"]
    warned = [violation.pointer for violation in now if violation.code == "RL901"]
    wrong = [violation for violation in now if violation.severity == "error"]
    assert set(warned) <= {violation.pointer for violation in later}
    for violation in later:
        covered = any(violation.pointer == other.pointer or violation.link == other.link is not None for other in wrong)
        assert (violation.pointer in warned) != covered
