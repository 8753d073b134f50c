"""Random courses of events, compared with a model that is simple enough to be believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_remotelinks.jira.consistency import AfterReads, Consistency, Immediate, Manual
from pytest_remotelinks.jira.site import Site

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
            site.submit([link], {"account": account}, (), frozenset())
        case ("delete", id):
            site.delete(id)
        case ("delete by", account):
            site.delete_by((("account", account),))
        case ("read", id):
            return site.read(id)
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


def state(site: Site) -> dict[str, tuple[int, str, int]]:
    return {
        id: (link.data["updateSequenceNumber"], link.properties["account"], link.data["number"]) for link in site.store for id in [link.id]
    }


@settings(max_examples=500, deadline=None)
@given(events=EVENTS, policy=POLICIES)
def test_what_is_stored_after_settling_is_what_the_model_says(events: list[Any], policy: Consistency) -> None:
    site = Site(policy)
    for number, event in enumerate(events):
        apply(site, event, number)
    site.pending.settle()
    assert state(site) == model(events)
    assert list(site.pending) == []


@settings(max_examples=300, deadline=None)
@given(events=EVENTS, policy=POLICIES)
def test_a_read_shows_what_is_stored_and_nothing_pending(events: list[Any], policy: Consistency) -> None:
    site = Site(policy)
    for number, event in enumerate(events):
        before = {link.id: link.data for link in site.store}
        answer = apply(site, event, number)
        if event[0] == "read":
            assert answer == before.get(event[1])


@settings(max_examples=300, deadline=None)
@given(events=EVENTS)
def test_at_every_moment_the_stored_links_are_those_of_a_course_without_some_late_writes(events: list[Any]) -> None:
    # Under "immediate" nothing is ever late: after each event the model holds as it stands.
    site = Site(Immediate())
    for number, event in enumerate(events):
        apply(site, event, number)
        assert state(site) == model(events[: number + 1])


@settings(max_examples=300, deadline=None)
@given(events=EVENTS, reads=st.integers(0, 3))
def test_after_enough_reads_of_every_link_nothing_is_pending(events: list[Any], reads: int) -> None:
    site = Site(AfterReads(reads))
    for number, event in enumerate(events):
        apply(site, event, number)
    for id in "abc":
        for _ in range(reads):
            site.read(id)
    assert list(site.pending) == []
    assert state(site) == model(events)


@settings(max_examples=300, deadline=None)
@given(events=EVENTS, policy=POLICIES)
def test_the_outlook_on_a_link_is_what_settling_makes_of_it(events: list[Any], policy: Consistency) -> None:
    site = Site(policy)
    for number, event in enumerate(events):
        apply(site, event, number)
    outlook = {id: site.settled_link(id) for id in "abc"}
    site.pending.settle()
    assert outlook == {id: site.store.get(id) for id in "abc"}


@pytest.mark.parametrize("reads", [1, 2, 3])
def test_a_write_is_hidden_from_exactly_so_many_reads(reads: int) -> None:
    site = Site(AfterReads(reads))
    apply(site, ("submit", "a", 1, "x"), 0)
    shown = [site.read("a") is not None for _ in range(reads + 1)]
    assert shown == [False] * reads + [True]


def test_a_read_of_another_link_brings_a_write_no_closer() -> None:
    site = Site(AfterReads(1))
    apply(site, ("submit", "a", 1, "x"), 0)
    for _ in range(5):
        site.read("b")
    assert [write.missed_by for write in site.pending] == [0]


def test_a_deletion_by_properties_does_not_overtake_what_was_sent_before_it() -> None:
    site = Site(AfterReads(1))
    apply(site, ("submit", "a", 1, "x"), 0)
    site.delete_by((("account", "x"),))
    site.read("b")  # lets the deletion arrive, and so the submission before it
    assert list(site.pending) == []
    assert list(site.store) == []
