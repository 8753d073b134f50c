"""Consistency policies: their names, and what each of them promises."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks import AfterReads, AfterSeconds, Immediate, Manual, Shuffled
from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.consistency import PerOperation, parse_consistency
from pytest_remotelinks.jira.site import Site

POLICIES = (
    st.just(Immediate())
    | st.just(Manual())
    | st.integers(0, 10**8).map(AfterReads)
    | (st.integers(0, 10**8) | st.floats(0, 1e12)).map(AfterSeconds)
    | st.integers(0, 10**8).map(Shuffled)
)


def submit(site, id, sequence=1):
    site.submit(REMOTE_LINKS, [{"id": id, "updateSequenceNumber": sequence}], {})


def delete(site, id):
    site.delete(REMOTE_LINKS, id)


@given(policy=POLICIES | st.builds(PerOperation, POLICIES, POLICIES, POLICIES))
def test_policy_is_parsed_from_its_name(policy):
    """A policy's text names it, and a policy is taken as it is."""
    assert parse_consistency(str(policy)) == policy
    assert parse_consistency(policy) is policy


@pytest.mark.parametrize(
    ("given", "policy"),
    [
        ("after-seconds:0.25", AfterSeconds(0.25)),
        ({"submit": "after-reads:2", "delete": "manual"}, PerOperation(AfterReads(2), Manual(), AfterReads(1))),
        ({"delete": Immediate()}, PerOperation(AfterReads(1), Immediate(), AfterReads(1))),
        ("delete-by-properties=manual", PerOperation(AfterReads(1), AfterReads(1), Manual())),
        (" submit = immediate , delete = shuffled:7 ", PerOperation(Immediate(), Shuffled(7), AfterReads(1))),
    ],
)
def test_policy_per_operation(given, policy):
    """Mappings and texts name a policy for each operation; the others have the default."""
    assert parse_consistency(given) == policy


@pytest.mark.parametrize(
    "given",
    [
        *["", "soon", "immediate:1", "after-reads:-1", "after-seconds:-1", "after-seconds:nan", "after-seconds:inf", "after-seconds:"],
        *["shuffled:", "shuffled:x", "read=manual", "submit=soon", "submit"],
        *[{"read": "manual"}, {"submit": {"delete": "manual"}}, 5, None, []],
    ],
)
def test_unknown_policy_is_refused(given):
    """The message for an unknown policy names those that exist."""
    with pytest.raises(ValueError, match=r"^consistency .*(use 'immediate'|the operations are)"):
        parse_consistency(given)


@pytest.mark.parametrize("make", [lambda: AfterSeconds(-1), lambda: AfterSeconds(True), lambda: Shuffled(-1), lambda: Shuffled("x")])
def test_policy_with_wrong_argument_is_refused(make):
    """Negative numbers, booleans and texts are not arguments of a policy."""
    with pytest.raises(ValueError, match="takes a"):
        make()


def test_seed_is_drawn_by_default():
    """Without a seed one is drawn, which can be read."""
    drawn = {Shuffled().seed for _ in range(20)}
    assert len(drawn) > 1
    assert parse_consistency("shuffled").seed >= 0


def test_after_seconds_uses_the_site_clock():
    """A write arrives after so many seconds on the clock of the site."""
    site = Site(AfterSeconds(100))
    submit(site, "a")
    site.clock.advance(99)
    submit(site, "b")
    assert not site.pending.arrive()
    site.clock.advance(1)
    assert site.pending.arrive()
    assert [link.id for link in site.store] == ["a"]
    assert site.pending.next_due() - site.clock.now() == pytest.approx(99, abs=1)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_clock_refuses_to_go_back(seconds):
    """A clock moves forward by a finite number of seconds."""
    site = Site(Immediate())
    with pytest.raises(ValueError, match="moved forward by 0 seconds or more"):
        site.clock.advance(seconds)


def test_operations_with_own_policies_overtake():
    """Writes under different policies may overtake each other."""
    site = Site(parse_consistency({"submit": "manual", "delete": "immediate"}))
    submit(site, "a")
    delete(site, "a")
    site.pending.settle()
    assert [str(write) for write in site.pending.arrivals] == ["2 delete 'a'", "1 submit 'a', updateSequenceNumber 1"]
    assert [link.id for link in site.store] == ["a"]


def test_operations_with_one_policy_keep_order():
    """Writes under one policy keep their order, also if it is named for each operation."""
    site = Site(parse_consistency({"submit": "after-reads:2", "delete": "after-reads:2"}))
    submit(site, "a")
    site.read(REMOTE_LINKS, "a")
    delete(site, "a")
    site.read(REMOTE_LINKS, "a")
    assert [write.number for write in site.pending] == [2]


def shuffled(seed, ids, answers=True):
    site = Site(Shuffled(seed))
    for id in ids:
        submit(site, id)
        if answers:
            site.pending.count_answer()
    return site


@given(seed=st.integers(0, 10**6), ids=st.lists(st.sampled_from("abc"), max_size=20))
def test_shuffled_is_reproducible(seed, ids):
    """Shuffled delivers each write once or twice, in an order that follows from the seed."""
    sites = [shuffled(seed, ids), shuffled(seed, ids)]
    for site in sites:
        site.pending.settle()
    first, second = ([str(write) for write in site.pending.arrivals] for site in sites)
    assert first == second
    numbers = [write.number for write in sites[0].pending.arrivals]
    assert set(numbers) == set(range(1, len(ids) + 1))
    assert max(map(numbers.count, numbers), default=1) <= 2
    for place, write in enumerate(sites[0].pending.arrivals):
        assert not write.is_redelivery or write.number in numbers[:place]


@given(seed=st.integers(0, 10**6), ids=st.lists(st.sampled_from("abc"), max_size=20))
def test_shuffled_delivers_everything(seed, ids):
    """After enough requests nothing is pending."""
    site = shuffled(seed, ids)
    for _ in range(2 * Shuffled.SPREAD + 1):
        site.pending.count_answer()
    assert list(site.pending) == []


def scenario(seed):
    site = shuffled(seed, "ab")
    delete(site, "a")
    site.pending.settle()
    return [write.kind for write in site.pending.arrivals if write.id == "a"], [write.number for write in site.pending.arrivals]


def test_shuffled_reaches_every_kind_of_order():
    """Some seed crosses a submission and a deletion, some does not, some delivers again."""
    found = [scenario(seed) for seed in range(100)]
    assert any(kinds == ["delete", "submit"] for kinds, _ in found), "a deletion and a submission cross"
    assert any(kinds == ["submit", "delete"] for kinds, _ in found), "or keep their order"
    assert any(kinds == ["submit", "delete", "submit"] for kinds, _ in found), "a redelivery comes after a deletion"
    assert any(numbers != sorted(numbers) for _, numbers in found)
    seeds = count()
    assert next(seed for seed in seeds if scenario(seed) != scenario(0)) < 10


def test_overdue_writes_arrive_in_due_order():
    """Writes that became due meanwhile arrive in the order in which they were due."""
    site = Site(parse_consistency({"submit": "after-seconds:5", "delete": "after-seconds:1"}))
    submit(site, "a")
    site.clock.advance(10)
    site.pending.arrive()
    delete(site, "a")
    submit(site, "a", 2)
    site.clock.advance(10)
    site.pending.arrive()
    assert [write.kind for write in site.pending.arrivals] == ["submit", "delete", "submit"]


@pytest.mark.parametrize("seed", range(60))
def test_shuffled_is_harmless_after_read_back(seed):
    """A provider that reads each write back before the next one is not affected."""
    site = Site(Shuffled(seed))

    def wait_until(is_there):
        for _ in range(30):
            if (site.read(REMOTE_LINKS, "a") is not None) == is_there:
                return True
            site.pending.count_answer()
        return False

    for round in range(1, 4):
        submit(site, "a", round)
        site.pending.count_answer()
        assert wait_until(True)
        delete(site, "a")
        site.pending.count_answer()
        assert wait_until(False)
    site.pending.settle()
    assert list(site.store) == []


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_keeps_order_within_a_submission(seed):
    """A link that one submission contains twice keeps its order."""
    site = Site(Shuffled(seed))
    site.submit(REMOTE_LINKS, [{"id": "a", "updateSequenceNumber": 1, "state": state} for state in ("first", "second")], {})
    site.pending.settle()
    assert site.store.get(("remotelinks", "", "a")).data["state"] == "first"
