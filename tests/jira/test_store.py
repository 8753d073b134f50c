"""What is stored: by API, app and id, and newer by the sequence number."""

from __future__ import annotations

import pytest
import requests
from support.apps import DESCRIPTOR

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.store import Store
from pytest_remotelinks.jira.write import AcceptedWrite

BASE = "/rest/remotelinks/1.0"


def stored(sequence=1, app="", id="a", **properties):
    return AcceptedWrite(REMOTE_LINKS, "submit", app, id, {"id": id, "updateSequenceNumber": sequence}, properties)


def kept(*writes):
    store = Store()
    for write in writes:
        store.apply(write)
    return list(store)


@pytest.mark.parametrize(("first", "second", "left"), [(1, 2, 2), (2, 1, 2), (2, 2, 2), (1.5, 1.25, 1.5), (None, 1, 1), (5, None, None)])
def test_higher_sequence_number_is_kept(first, second, left):
    """The higher number is kept; without two numbers the last write is."""
    (write,) = kept(stored(first), stored(second))
    assert write.sequence == left


def test_equal_sequence_number_keeps_the_first():
    """Of two writes with the same number the first is kept."""
    first = stored(1)
    assert kept(first, stored(1)) == [first]


def test_deletion_by_id_is_of_one_app():
    """A deletion by id deletes only the link of its app."""
    one, other = stored(app="one"), stored(app="other")
    assert kept(one, other, AcceptedWrite(REMOTE_LINKS, "delete", "one", "a")) == [other]


def test_deletion_by_properties_is_of_one_app():
    """A deletion by properties deletes only links of its app."""
    one, other = stored(app="one", account="x"), stored(app="other", account="x")
    deletion = AcceptedWrite(REMOTE_LINKS, "delete-by-properties", "one", criteria=(("account", "x"),))
    assert kept(one, other, deletion) == [other]


def test_deletion_by_properties_needs_all_of_them():
    """A link is deleted only if it was submitted with all of the properties."""
    both, one = stored(id="a", account="x", repository="r"), stored(id="b", account="x")
    deletion = AcceptedWrite(REMOTE_LINKS, "delete-by-properties", criteria=(("account", "x"), ("repository", "r")))
    assert kept(both, one, deletion) == [one]


@pytest.mark.parametrize("consistency", ["immediate", "manual"])
def test_app_cannot_delete_links_of_another(make_site, link, consistency):
    """Over HTTP, a deletion by properties that two apps use leaves the other app's links."""
    jira = make_site(consistency=consistency)
    one, other = (jira.install({**DESCRIPTOR, "key": key}) for key in ("one", "other"))
    for app in (one, other):
        payload = {"remoteLinks": [link()], "properties": {"account": "x"}}
        assert requests.post(jira.url + BASE + "/bulk", json=payload, auth=app.auth, timeout=30).status_code == 202
    assert requests.delete(jira.url + BASE + "/bulkByProperties?account=x", auth=one.auth, timeout=30).status_code == 202
    jira.settle()
    assert (one.links, set(other.links)) == ({}, {"1"})
    assert requests.get(jira.url + BASE + "/remotelink/1", auth=other.auth, timeout=30).status_code == 200
