"""RL603 and RL604: the actions that links offer, compared with those of the app."""

from __future__ import annotations

import json

import pytest
import requests
from support.apps import DESCRIPTOR

BULK = "/rest/remotelinks/1.0/bulk"


def test_each_action_of_each_link_is_checked(make_site, link):
    """An action that is unknown or unfilled keeps no other one from being checked, and each violation names its link."""
    jira = make_site(app=DESCRIPTOR)
    links = [link(), link("b", actionIds=["dismiss", 7, "nope", "dismis"]), link("c", actionIds=["settings"])]
    headers = {"Authorization": jira.authorization("POST", BULK), "Content-Type": "application/json"}
    requests.post(jira.url + BULK, data=json.dumps({"remoteLinks": links}), headers=headers, timeout=30)
    found = [violation for violation in jira.violations if violation.code in ("RL603", "RL604")]
    assert [(violation.code, violation.pointer, violation.link_id) for violation in found] == [
        ("RL604", "/remoteLinks/1/attributeMap", "b"),
        ("RL603", "/remoteLinks/1/actionIds/2", "b"),
        ("RL603", "/remoteLinks/1/actionIds/3", "b"),
    ]
    assert [violation.value for violation in found[1:]] == ["nope", "dismis"]
    assert "{alert}, {repository}" in found[0].message
    assert "'alert', 'repository'" in found[0].hint
    assert "'dismiss', 'settings'" in found[1].hint
    assert '"dismiss"' in found[2].hint


@pytest.mark.parametrize(
    ("members", "fix"),
    [
        ({"actionIds": ["Settings"]}, "settings"),
        ({"actionIds": ["dismis"], "attributeMap": {"alert": "7", "repository": "a"}}, "dismiss"),
        # Its placeholders would have no values, or it would be there twice.
        ({"actionIds": ["dismis"]}, None),
        ({"actionIds": ["settings", "Settings"]}, None),
        ({"actionIds": ["nope"]}, None),
    ],
)
def test_fix_of_an_unknown_action(make_site, link, members, fix):
    """An action is corrected to one that is near, unless that would be the next violation."""
    jira = make_site(app=DESCRIPTOR)
    headers = {"Authorization": jira.authorization("POST", BULK), "Content-Type": "application/json"}
    requests.post(jira.url + BULK, data=json.dumps({"remoteLinks": [link(**members)]}), headers=headers, timeout=30)
    (found,) = (violation.fix for violation in jira.violations if violation.code == "RL603")
    assert (found and found.value) == fix
