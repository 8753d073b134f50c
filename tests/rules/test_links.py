"""The published statements on what a submission and its links may be."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.both_versions

KEYS = "issueKeys"
NOT_A_URI = {"url": "<string>"}


def codes(jira):
    return sorted({violation.code for violation in jira.violations})


def test_each_link_is_judged_on_its_own(jira, provider, link):
    answer = provider.submit(link("good"), link("bad", **NOT_A_URI), link("fine"))
    assert answer.status_code == 202
    assert answer.json()["acceptedRemoteLinks"] == ["good", "fine"]
    assert list(answer.json()["rejectedRemoteLinks"]) == ["bad"]
    assert set(jira.links) == {"good", "fine"}


def test_a_rejected_link_lists_messages_with_trace_ids(jira, provider, link):
    answer = provider.submit(link("bad", url="<string>", type="nonsense"))
    errors = answer.json()["rejectedRemoteLinks"]["bad"]
    assert len(errors) == 2
    assert all(set(error) == {"message", "errorTraceId"} for error in errors)
    assert len({error["errorTraceId"] for error in errors}) == 2
    assert jira.submissions[0].errors == tuple(errors)


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
def test_a_link_that_does_not_fit_the_schema_is_rejected(jira, provider, link, members, pointer):
    answer = provider.submit(link(**members))
    assert answer.status_code == 202
    assert answer.json()["acceptedRemoteLinks"] == []
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL201", pointer)]
    assert jira.violations[0].hint
    assert jira.links == {}


@pytest.mark.parametrize("missing", ["id", "updateSequenceNumber", "displayName", "url", "type", "lastUpdated"])
def test_a_link_that_lacks_a_required_member_is_rejected(jira, provider, link, missing):
    members = link()
    del members[missing]
    provider.submit(members)
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL201", "/remoteLinks/0")]
    assert missing in jira.violations[0].message
    assert jira.violations[0].hint == f"add '{missing}'"


@pytest.mark.parametrize("nonsense", [5, "text", None, [], True, 1.5])
def test_a_link_that_is_no_object_is_rejected_under_its_place(jira, provider, link, nonsense):
    answer = provider.submit(link(), nonsense)
    assert list(answer.json()["rejectedRemoteLinks"]) == ["remoteLinks[1]"]
    assert codes(jira) == ["RL201"]
    jira.assert_rejected("remoteLinks[1]", match="must be an object")


def test_a_link_without_a_usable_id_is_named_by_its_place(provider, link):
    answer = provider.submit(link(id=7), {})
    assert list(answer.json()["rejectedRemoteLinks"]) == ["remoteLinks[0]", "remoteLinks[1]"]


@pytest.mark.parametrize(
    "payload",
    [[], 5, "text", None, True, {}, {"remoteLinks": {}}, {"remoteLinks": []}, {"remoteLinks": None}],
    ids=repr,
)
def test_a_request_malformed_as_a_whole_is_refused_with_400(jira, provider, payload):
    answer = provider.post(payload)
    assert answer.status_code == 400
    assert [set(error) for error in answer.json()] == [{"message", "errorTraceId"}]
    assert codes(jira) == ["RL103"]


@pytest.mark.parametrize(
    ("properties", "pointer"),
    [
        ({"installation": 1234}, "/properties/installation"),
        ({"account": "x" * 256}, "/properties/account"),
        ({str(number): "x" for number in range(6)}, "/properties"),
        (["account"], "/properties"),
    ],
)
def test_properties_fit_the_schema_or_the_request_is_refused(jira, provider, link, properties, pointer):
    assert provider.submit(link(), properties=properties).status_code == 400
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL103", pointer)]
    assert jira.links == {}


def test_five_properties_of_255_characters_are_allowed(jira, provider, link):
    assert provider.submit(link(), properties={str(number): "x" * 255 for number in range(5)}).status_code == 202
    assert jira.violations == []


@pytest.mark.parametrize(("key", "code"), [("a:b", "RL301"), ("_a", "RL302"), ("_a:b", "RL301 RL302")])
def test_property_keys_have_no_colon_and_no_leading_underscore(jira, provider, link, key, code):
    assert provider.submit(link(), properties={key: "x"}).status_code == 400
    assert codes(jira) == code.split()
    assert {violation.pointer for violation in jira.violations} == {f"/properties/{key}"}


def test_the_number_of_links_is_limited_since_2026_06(jira, provider, link, version):
    answer = provider.submit(*(link(str(number)) for number in range(101)))
    if version == "2023-06":
        assert answer.status_code == 202
        assert len(jira.links) == 101
    else:
        assert answer.status_code == 413
        assert codes(jira) == ["RL108"]
        assert "100" in jira.violations[0].hint
        assert jira.links == {}


def test_a_hundred_links_are_allowed(jira, provider, link):
    assert provider.submit(*(link(str(number)) for number in range(100))).status_code == 202
    assert jira.violations == []
    assert len(jira.links) == 100


def test_all_association_values_together_number_500_at_most(jira, provider, link):
    def associations(issues, services):
        return [
            {"associationType": KEYS, "values": [f"A-{number}" for number in range(issues)]},
            {"associationType": "serviceIdOrKeys", "values": [f"s{number}" for number in range(services)]},
        ]

    answer = provider.submit(link("few", associations=associations(400, 100)), link("many", associations=associations(400, 101)))
    assert answer.json()["acceptedRemoteLinks"] == ["few"]
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [("RL202", "/remoteLinks/1/associations")]


def test_an_association_type_is_given_once(jira, provider, link):
    twice = [{"associationType": KEYS, "values": ["A-1"]}, {"associationType": KEYS, "values": ["A-2"]}]
    provider.submit(link(associations=twice))
    assert [(violation.code, violation.pointer) for violation in jira.violations] == [
        ("RL203", "/remoteLinks/0/associations/1/associationType")
    ]
    assert jira.links == {}


def test_a_link_has_two_associations_at_most(jira, provider, link, version):
    names = [KEYS, "serviceIdOrKeys", "issueIdOrKeys" if version == "2026-06" else KEYS]
    provider.submit(link(associations=[{"associationType": name, "values": ["A-1"]} for name in names]))
    assert "/remoteLinks/0/associations" in [violation.pointer for violation in jira.violations]
    assert jira.links == {}


def test_issue_ids_are_association_values_since_2026_06(jira, provider, link, version):
    provider.submit(link(associations=[{"associationType": "issueIdOrKeys", "values": ["10001", "ABC-1"]}]))
    assert codes(jira) == (["RL201"] if version == "2023-06" else [])


@pytest.mark.parametrize("value", ["fixes ABC-1", "ABC-1 and more", "ABC-1\n", "ÄABC-1"])
def test_a_key_that_only_an_unanchored_pattern_lets_through_is_no_key(jira, provider, link, version, value):
    answer = provider.submit(link(associations=[{"associationType": KEYS, "values": [value]}]))
    assert codes(jira) == (["RL201"] if version == "2023-06" else ["RL205"])
    assert list(answer.json()["rejectedRemoteLinks"]) == ["1"]
    if version == "2026-06":
        assert answer.json()["unknownAssociations"] == [{"associationType": KEYS, "values": [value]}]
        assert "'ABC-1'" in jira.violations[0].hint


@pytest.mark.parametrize("value", ["ABC-1\n", "Ä-1", "A-١"])
def test_a_pattern_means_what_it_means_in_ecma_262(jira, provider, link, value):
    # Python's own "$" lets a final newline pass, its "\\w" and "\\d" any script.
    provider.submit(link(associations=[{"associationType": KEYS, "values": [value]}]))
    assert codes(jira) in (["RL201"], ["RL205"])
    assert jira.links == {}


def test_provider_metadata_holds_no_personal_data(jira, provider, link):
    answer = provider.submit(link(), providerMetadata={"product": "Scanner 2 by someone@scanner.example"})
    assert answer.status_code == 202
    (violation,) = jira.violations
    assert (violation.code, violation.severity, violation.pointer) == ("RL307", "warning", "/providerMetadata/product")
    assert list(jira.links) == ["1"]


def test_the_number_property_and_extra_members_of_real_traffic(jira, provider, link):
    assert (
        provider.submit(link(), properties={"gitHubInstallationId": 1234}, preventTransitions=True, operationType="NORMAL").status_code
        == 400
    )
    assert codes(jira) == ["RL103", "RL206"]


def test_the_reference_pages_own_example_url_is_rejected(jira, provider, link):
    provider.submit(link(**NOT_A_URI))
    jira.assert_rejected("1", match="not a valid URI")


def test_violation_has_the_id_of_its_link(jira, provider, link):
    """A violation of one link carries the link's id, wherever in the list the link is."""
    provider.submit(link(), link(id="broken", url="no url"), link(id=17))
    ids = {violation.link: violation.link_id for violation in jira.violations}
    assert ids == {1: "broken", 2: None}
    assert {violation.request.number for violation in jira.violations} == {1}
