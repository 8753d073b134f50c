"""Random events, compared with a simple model."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.consistency import AfterReads, Immediate, Manual, Policy
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import Key

IDS = st.sampled_from("abc")
ACCOUNTS = st.sampled_from(["x", "y"])

EVENTS = st.lists(
    st.tuples(st.just("submit"), IDS, st.integers(0, 4), ACCOUNTS)
    | st.tuples(st.just("delete"), IDS)
    | st.tuples(st.just("delete by"), ACCOUNTS)
    | st.tuples(st.just("read"), IDS)
    | st.tuples(st.just("settle")),
    max_size=25,
)
POLICIES = st.just(Immediate()) | st.integers(0, 3).map(AfterReads) | st.just(Manual())


def apply(site: Site, event: tuple[Any, ...], number: int) -> dict[str, Any] | None:
    match event:
        case ("submit", id, sequence, account):
            link = {"id": id, "updateSequenceNumber": sequence, "number": number}
            site.submit(REMOTE_LINKS, [link], {"account": account})
        case ("delete", id):
            site.delete(REMOTE_LINKS, id)
        case ("delete by", account):
            site.delete_by(REMOTE_LINKS, (("account", account),))
        case ("read", id):
            return site.read(REMOTE_LINKS, id)
        case ("settle",):
            site.pending.settle()
    return None


def model(events: list[tuple[Any, ...]]) -> dict[str, tuple[int, str, int]]:
    """What is stored at last: by id, sequence number, account and the number of the event."""
    stored: dict[str, tuple[int, str, int]] = {}
    for number, event in enumerate(events):
        match event:
            case ("submit", id, sequence, account):
                if id not in stored or stored[id][0] < sequence:
                    stored[id] = (sequence, account, number)
            case ("delete", id):
                stored.pop(id, None)
            case ("delete by", account):
                stored = {id: link for id, link in stored.items() if link[1] != account}
    return stored


def key(id: str) -> Key:
    return "remotelinks", "", id


def state(site: Site) -> dict[str, tuple[int, str, int]]:
    return {
        id: (link.data["updateSequenceNumber"], link.properties["account"], link.data["number"]) for link in site.store for id in [link.id]
    }


@given(events=EVENTS, policy=POLICIES)
def test_stored_links_match_model(events: list[Any], policy: Policy) -> None:
    """After settling, the stored links are those of the model."""
    site = Site(policy)
    for number, event in enumerate(events):
        apply(site, event, number)
    site.pending.settle()
    assert state(site) == model(events)
    assert list(site.pending) == []


@given(events=EVENTS, policy=POLICIES)
def test_read_shows_no_pending_write(events: list[Any], policy: Policy) -> None:
    """A read shows what was stored before it."""
    site = Site(policy)
    for number, event in enumerate(events):
        before = {link.id: link.data for link in site.store}
        answer = apply(site, event, number)
        if event[0] == "read":
            assert answer == before.get(event[1])


@given(events=EVENTS)
def test_immediate_matches_model_after_each_event(events: list[Any]) -> None:
    """With ``immediate`` the stored links are those of the model after each event."""
    site = Site(Immediate())
    for number, event in enumerate(events):
        apply(site, event, number)
        assert state(site) == model(events[: number + 1])


@given(events=EVENTS, reads=st.integers(0, 3))
def test_enough_reads_leave_nothing_pending(events: list[Any], reads: int) -> None:
    """After enough reads of every link everything has arrived."""
    site = Site(AfterReads(reads))
    for number, event in enumerate(events):
        apply(site, event, number)
    for id in "abc":
        for _ in range(reads):
            site.read(REMOTE_LINKS, id)
    assert list(site.pending) == []
    assert state(site) == model(events)


@given(events=EVENTS, policy=POLICIES)
def test_settled_predicts_settling(events: list[Any], policy: Policy) -> None:
    """``settled()`` gives what will be stored after settling."""
    site = Site(policy)
    for number, event in enumerate(events):
        apply(site, event, number)
    predicted = {id: site.settled(key(id)) for id in "abc"}
    site.pending.settle()
    assert predicted == {id: site.store.get(key(id)) for id in "abc"}


@pytest.mark.parametrize("reads", [1, 2, 3])
def test_after_reads_hides_from_exactly_so_many_reads(reads: int) -> None:
    """A write is hidden from exactly so many reads."""
    site = Site(AfterReads(reads))
    apply(site, ("submit", "a", 1, "x"), 0)
    shown = [site.read(REMOTE_LINKS, "a") is not None for _ in range(reads + 1)]
    assert shown == [False] * reads + [True]


def test_read_of_another_link_does_not_count() -> None:
    """A read of another link does not let a write arrive."""
    site = Site(AfterReads(1))
    apply(site, ("submit", "a", 1, "x"), 0)
    for _ in range(5):
        site.read(REMOTE_LINKS, "b")
    assert [write.reads_missed for write in site.pending] == [0]


def test_deletion_by_properties_keeps_order() -> None:
    """A deletion by properties does not overtake the writes before it."""
    site = Site(AfterReads(1))
    apply(site, ("submit", "a", 1, "x"), 0)
    site.delete_by(REMOTE_LINKS, (("account", "x"),))
    site.read(REMOTE_LINKS, "b")  # lets the deletion arrive, and so the submission before it
    assert list(site.pending) == []
    assert list(site.store) == []
