"""RL2xx: what a submitted link may be."""

from __future__ import annotations

import pytest

from pytest_remotelinks.rules.links import unknown_members

KEYS = "issueKeys"
NOT_A_URI = {"url": "<string>"}


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def places(jira):
    return [(violation.code, violation.pointer) for violation in jira.violations]


def test_links_are_checked_separately(jira, provider, link):
    """A broken link is rejected, and the others are accepted."""
    answer = provider.submit(link("good"), link("bad", **NOT_A_URI), link("fine"))
    assert answer.status_code == 202
    assert answer.json()["acceptedRemoteLinks"] == ["good", "fine"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["bad"]
    assert set(jira.links) == {"good", "fine"}


def test_rejected_link_has_messages(jira, provider, link):
    """Each violation of a rejected link is a message with a trace id."""
    answer = provider.submit(link("bad", url="<string>", type="nonsense"))
    errors = answer.json()["rejectedRemoteLinks"]["bad"]
    assert len(errors) == 2
    assert all(set(error) == {"message", "errorTraceId"} for error in errors)
    assert len({error["errorTraceId"] for error in errors}) == 2
    assert jira.submissions[0].errors == tuple(errors)


@pytest.mark.both_versions
@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": "x" * 256}, "/remoteLinks/0/id"),
        ({"id": 5}, "/remoteLinks/0/id"),
        ({"displayName": "x" * 256}, "/remoteLinks/0/displayName"),
        ({"displayName": None}, "/remoteLinks/0/displayName"),
        ({"description": "x" * 256}, "/remoteLinks/0/description"),
        ({"url": "https://a.example/" + "x" * 2000}, "/remoteLinks/0/url"),
        ({"url": "no uri"}, "/remoteLinks/0/url"),
        ({"url": "https://a.example/\n"}, "/remoteLinks/0/url"),
        ({"type": "incident"}, "/remoteLinks/0/type"),
        ({"schemaVersion": "2.0"}, "/remoteLinks/0/schemaVersion"),
        ({"updateSequenceNumber": "1"}, "/remoteLinks/0/updateSequenceNumber"),
        ({"updateSequenceNumber": 1.5}, "/remoteLinks/0/updateSequenceNumber"),
        ({"updateSequenceNumber": True}, "/remoteLinks/0/updateSequenceNumber"),
        ({"updateSequenceNumber": 2**63}, "/remoteLinks/0/updateSequenceNumber"),
        ({"lastUpdated": "2026-01-31"}, "/remoteLinks/0/lastUpdated"),
        ({"lastUpdated": "2026-01-31T12:00:00"}, "/remoteLinks/0/lastUpdated"),
        ({"lastUpdated": "2026-02-30T12:00:00Z"}, "/remoteLinks/0/lastUpdated"),
        ({"status": {"appearance": "default"}}, "/remoteLinks/0/status"),
        ({"status": {"appearance": "red", "label": "x"}}, "/remoteLinks/0/status/appearance"),
        ({"status": {"appearance": "default", "label": "x" * 256}}, "/remoteLinks/0/status/label"),
        ({"associations": []}, "/remoteLinks/0/associations"),
        ({"associations": [{"associationType": KEYS, "values": []}]}, "/remoteLinks/0/associations/0/values"),
        ({"associations": [{"associationType": KEYS, "values": ["no key"]}]}, "/remoteLinks/0/associations/0/values/0"),
        ({"associations": [{"associationType": "commit", "values": ["A-1"]}]}, "/remoteLinks/0/associations/0/associationType"),
        ({"associations": ["A-1"]}, "/remoteLinks/0/associations/0"),
        ({"associations": [{"associationType": "serviceIdOrKeys", "values": ["s" * 256]}]}, "/remoteLinks/0/associations/0/values/0"),
        ({"actionIds": ["a"] * 11}, "/remoteLinks/0/actionIds"),
        ({"actionIds": [1]}, "/remoteLinks/0/actionIds/0"),
        ({"attributeMap": {"a": 1}}, "/remoteLinks/0/attributeMap/a"),
    ],
)
def test_link_schema(jira, provider, link, members, pointer):
    """A link that does not fit the schema is rejected by RL201 alone, with a pointer to the value."""
    answer = provider.submit(link(**members))
    assert answer.status_code == 202
    assert answer.json()["acceptedRemoteLinks"] == []
    assert places(jira) == [("RL201", pointer)]
    assert jira.violations[0].hint
    assert jira.links == {}


@pytest.mark.both_versions
@pytest.mark.parametrize("missing", ["id", "updateSequenceNumber", "displayName", "url", "type", "lastUpdated"])
def test_link_without_required_member(jira, provider, link, missing):
    """A link without a required member is rejected, and the hint is to add it."""
    members = link()
    del members[missing]
    provider.submit(members)
    assert places(jira) == [("RL201", "/remoteLinks/0")]
    assert missing in jira.violations[0].message
    assert jira.violations[0].hint == f"add '{missing}'"


@pytest.mark.parametrize("nonsense", [5, "text", None, [], True, 1.5])
def test_link_that_is_not_an_object(jira, provider, link, nonsense):
    """A link that is not an object is rejected under its position."""
    answer = provider.submit(link(), nonsense)
    assert list(answer.json()["rejectedRemoteLinks"]) == ["remoteLinks[1]"]
    assert codes(jira) == ["RL201"]
    jira.assert_rejected("remoteLinks[1]", match="must be an object")


def test_link_without_usable_id(jira, provider, link):
    """A link without an id that is text is identified by its position, and has no id in common with others."""
    answer = provider.submit(link(id=7), {}, {})
    assert list(answer.json()["rejectedRemoteLinks"]) == ["remoteLinks[0]", "remoteLinks[1]", "remoteLinks[2]"]
    assert codes(jira) == ["RL201"]


def test_violation_has_link_id(jira, provider, link):
    """A violation of one link has the link's id, and its request has a number."""
    provider.submit(link(), link(id="broken", url="no url"), link(id=17))
    ids = {violation.link: violation.link_id for violation in jira.violations}
    assert ids == {1: "broken", 2: None}
    assert {violation.request.number for violation in jira.violations} == {1}


@pytest.mark.both_versions
def test_association_values_limit(jira, provider, link):
    """A link has at most 500 association values, all types together."""

    def associations(issues, services):
        return [
            {"associationType": KEYS, "values": [f"A-{number}" for number in range(issues)]},
            {"associationType": "serviceIdOrKeys", "values": [f"s{number}" for number in range(services)]},
        ]

    answer = provider.submit(link("few", associations=associations(400, 100)), link("many", associations=associations(400, 101)))
    assert answer.json()["acceptedRemoteLinks"] == ["few"]
    assert places(jira) == [("RL202", "/remoteLinks/1/associations")]


def test_duplicate_association_type(jira, provider, link):
    """A link with two associations of one type is rejected."""
    twice = [{"associationType": KEYS, "values": ["A-1"]}, {"associationType": KEYS, "values": ["A-2"]}]
    provider.submit(link(associations=twice))
    assert places(jira) == [("RL203", "/remoteLinks/0/associations/1/associationType")]
    assert jira.links == {}


@pytest.mark.both_versions
def test_three_associations(jira, provider, link, version):
    """A link has at most two associations."""
    names = [KEYS, "serviceIdOrKeys", "issueIdOrKeys" if version == "2026-06" else KEYS]
    provider.submit(link(associations=[{"associationType": name, "values": ["A-1"]} for name in names]))
    assert "/remoteLinks/0/associations" in [violation.pointer for violation in jira.violations]
    assert jira.links == {}


@pytest.mark.both_versions
def test_issue_ids_as_association_values(jira, provider, link, version):
    """Issue ids are association values since 2026-06."""
    provider.submit(link(associations=[{"associationType": "issueIdOrKeys", "values": ["10001", "ABC-1"]}]))
    assert codes(jira) == (["RL201"] if version == "2023-06" else [])


@pytest.mark.both_versions
@pytest.mark.parametrize("value", ["fixes ABC-1", "ABC-1 and more", "ABC-1\n", "ÄABC-1"])
def test_text_that_contains_an_issue_key(jira, provider, link, version, value):
    """A text that only contains a key is rejected: by the older pattern, or because no issue has that key."""
    answer = provider.submit(link(associations=[{"associationType": KEYS, "values": [value]}]))
    assert codes(jira) == (["RL201"] if version == "2023-06" else ["RL205"])
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]
    if version == "2026-06":
        assert answer.json()["unknownAssociations"] == [{"associationType": KEYS, "values": [value]}]


@pytest.mark.both_versions
@pytest.mark.parametrize("value", ["ABC-1\n", "Ä-1", "A-١"])
def test_pattern_is_ecma_262(jira, provider, link, value):
    """A pattern has its meaning of ECMA-262. Python's "$" allows a final newline, its "\\w" and "\\d" any script."""
    provider.submit(link(associations=[{"associationType": KEYS, "values": [value]}]))
    assert codes(jira) in (["RL201"], ["RL205"])
    assert jira.links == {}


def test_unknown_member_at_any_depth(jira, provider, link):
    """RL206 reports unknown members of a link, of its associations and of its status, and the link is accepted."""
    associations = [{"associationType": KEYS, "values": ["ABC-1"], "color": "red"}]
    status = {"appearance": "default", "label": "open", "icon": "x"}
    answer = provider.submit(link(), link("2", associations=associations, status=status, severity="high"))
    assert answer.json() == {"acceptedRemoteLinks": ["1", "2"]}
    found = {violation.pointer: (violation.code, violation.link_id) for violation in jira.violations}
    assert found == dict.fromkeys(
        ("/remoteLinks/1/associations/0/color", "/remoteLinks/1/status/icon", "/remoteLinks/1/severity"), ("RL206", "2")
    )


def test_unknown_member_beside_links(jira, provider, link):
    """RL206 reports unknown members of the submission itself, which belong to no link."""
    provider.submit(link(), preventTransitions=True)
    assert [(violation.code, violation.pointer, violation.link) for violation in jira.violations] == [
        ("RL206", "/preventTransitions", None)
    ]


def test_members_of_free_form_objects():
    """An object whose schema has no members, or allows others, has no unknown members."""
    schema = {"properties": {"free": {"type": "object"}, "open": {"properties": {"a": {}}, "additionalProperties": True}}}
    found = list(unknown_members(schema, {"free": {"x": 1}, "open": {"x": 1}, "other": {"x": 1}}, ()))
    assert found == [((), "other")]


def test_reference_example_url(jira, provider, link):
    """The reference page's own example URL is rejected."""
    provider.submit(link(**NOT_A_URI))
    jira.assert_rejected("1", match="not a valid URI")
