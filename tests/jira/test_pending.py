"""Writes under several policies, compared with a model, and with what else was written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.model import Model

from pytest_remotelinks import AfterReads, AfterSeconds, Immediate, Manual, Shuffled
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.consistency import PerOperation, parse_consistency
from pytest_remotelinks.jira.site import Site

ACCOUNTS = st.sampled_from(["x", "y"])
#: Longer than a test runs, so that only a move of the clock lets a write arrive.
LONG = 1000
ONE = (
    st.just(Immediate())
    | st.just(Manual())
    | st.integers(0, 3).map(AfterReads)
    | st.integers(1, 3).map(lambda times: AfterSeconds(times * LONG))
    | st.integers(0, 3).map(Shuffled)
)
POLICIES = st.builds(PerOperation, ONE, ONE, ONE)


def events_of(ids: str, *more: Any) -> st.SearchStrategy[list[Any]]:
    some = st.sampled_from(ids)
    return st.lists(
        st.one_of(
            st.tuples(st.just("submit"), some, st.integers(0, 4), ACCOUNTS),
            st.tuples(st.just("delete"), some),
            st.tuples(st.just("read"), some),
            st.tuples(st.just("advance"), st.integers(1, 3)),
            *more,
        ),
        max_size=20,
    )


DELETE_BY = st.tuples(st.just("delete by"), ACCOUNTS)


def apply(site: Site, event: tuple[Any, ...], app: str = "") -> None:
    match event:
        case ("submit", id, sequence, account):
            site.submit(REMOTE_LINKS, [{"id": id, "updateSequenceNumber": sequence}], {"account": account}, app=app)
        case ("delete", id):
            site.delete(REMOTE_LINKS, id, app)
        case ("delete by", account):
            site.delete_by(REMOTE_LINKS, (("account", account),), app)
        case ("read", id):
            site.read(REMOTE_LINKS, id, app)
        case ("advance", times):
            site.clock.advance(times * LONG)
            site.pending.arrive()
            return
    site.pending.count_answer()


def apply_to_model(model: Model, event: tuple[Any, ...]) -> None:
    match event:
        case ("submit", id, sequence, account):
            model.accept("submit", id, sequence, account)
        case ("delete", id):
            model.accept("delete", id)
        case ("delete by", account):
            model.accept("delete-by-properties", account=account)
        case ("read", id):
            model.read(id)
        case ("advance", times):
            model.now += times * LONG
            model.arrive()
            return
    model.answer()


@given(policy=POLICIES, events=events_of("ab", DELETE_BY))
@example(
    policy=PerOperation(AfterReads(1), AfterReads(2), Manual()),
    events=[("submit", "b", 1, "x"), ("delete", "a"), ("read", "a"), ("submit", "a", 1, "x"), ("read", "a")],
)
def test_policies_per_operation_match_model(policy, events):
    """Under any policy for each kind of write, the same arrives at the same time as in the model."""
    site, model = Site(policy), Model(policy)
    for event in events:
        apply(site, event)
        apply_to_model(model, event)
        assert [write.number for write in site.pending.arrivals] == [write.number for write in model.arrived]


@given(policy=POLICIES, before=events_of("bc"), elsewhere=events_of("ab", DELETE_BY), events=events_of("a", DELETE_BY))
@example(
    policy=PerOperation(AfterReads(1), AfterReads(2), Manual()),
    before=[("delete", "b")],
    elsewhere=[],
    events=[("delete", "a"), ("read", "a"), ("submit", "a", 1, "x"), ("read", "a")],
)
def test_unrelated_earlier_writes_make_no_difference(policy, before, elsewhere, events):
    """What was written before to other links, and to those of another app, does not change what happens to a link."""
    alone, site = Site(policy), Site(policy)
    for event in before:
        apply(site, event)
    for event in elsewhere:
        apply(site, event, "another app")
    for event in events:
        apply(alone, event)
        apply(site, event)
    for one in (alone, site):
        one.pending.settle()
    assert arrivals_of(site, "a") == arrivals_of(alone, "a")


def arrivals_of(site: Site, id: str) -> list[str]:
    return [
        str(write).partition(" ")[2]
        for write in site.pending.arrivals
        if write.app == "" and (write.id == id or write.kind == "delete-by-properties")
    ]


@given(policy=POLICIES, events=events_of("ab", DELETE_BY))
def test_as_sent_is_what_immediate_stores(policy, events):
    """What the order of sending leaves is what is stored if every write arrives at once."""
    site, at_once = Site(policy), Site(Immediate())
    for event in events:
        apply(site, event)
        apply(at_once, event)
        assert [stored.data for stored in site.pending.as_sent] == [stored.data for stored in at_once.store]


@pytest.mark.parametrize("first", ["submit", "delete"])
def test_kind_used_first_does_not_decide(first):
    """Two writes that one read lets arrive come in the order of sending, whichever kind the site had first."""
    site = Site(parse_consistency("submit=after-reads:1,delete=after-reads:2"))
    apply(site, ("submit", "other", 1, "x") if first == "submit" else ("delete", "other"))
    apply(site, ("delete", "a"))
    apply(site, ("read", "a"))
    apply(site, ("submit", "a", 1, "x"))
    apply(site, ("read", "a"))
    assert [write.kind for write in site.pending.arrivals if write.id == "a"] == ["delete", "submit"]
    assert [link.id for link in site.store] == ["a"]


def test_app_that_was_removed_leaves_nothing_as_sent():
    """What an uninstalled app sent is gone from what the order of sending leaves, too."""
    site = Site(Manual())
    apply(site, ("submit", "a", 1, "x"), "app")
    site.remove_app("app")
    assert list(site.pending.as_sent) == []
