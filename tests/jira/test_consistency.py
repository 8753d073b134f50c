"""The policies: how they are named, and what each promises."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks import AfterReads, AfterSeconds, Immediate, Manual, Shuffled
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
    site.submit([{"id": id, "updateSequenceNumber": sequence}], {}, (), frozenset())


@given(policy=POLICIES | st.builds(PerOperation, POLICIES, POLICIES, POLICIES))
def test_a_policy_is_read_from_what_it_is_called(policy):
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
def test_short_forms_name_what_they_say(given, policy):
    assert parse_consistency(given) == policy


@pytest.mark.parametrize(
    "given",
    [
        *["", "soon", "immediate:1", "after-reads:-1", "after-seconds:-1", "after-seconds:nan", "after-seconds:inf", "after-seconds:"],
        *["shuffled:", "shuffled:x", "read=manual", "submit=soon", "submit"],
        *[{"read": "manual"}, {"submit": {"delete": "manual"}}, 5, None, []],
    ],
)
def test_what_names_no_policy_is_told_with_what_does(given):
    with pytest.raises(ValueError, match=r"^consistency .*(use 'immediate'|the operations are)"):
        parse_consistency(given)


@pytest.mark.parametrize("make", [lambda: AfterSeconds(-1), lambda: AfterSeconds(True), lambda: Shuffled(-1), lambda: Shuffled("x")])
def test_a_policy_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="takes a"):
        make()


def test_without_a_seed_one_is_drawn_and_can_be_read():
    drawn = {Shuffled().seed for _ in range(20)}
    assert len(drawn) > 1
    assert parse_consistency("shuffled").seed >= 0


def test_after_seconds_goes_by_the_clock_of_the_site():
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
def test_a_clock_goes_only_forward(seconds):
    site = Site(Immediate())
    with pytest.raises(ValueError, match="moved on by 0 seconds or more"):
        site.clock.advance(seconds)


def test_operations_under_different_policies_overtake_each_other():
    site = Site(parse_consistency({"submit": "manual", "delete": "immediate"}))
    submit(site, "a")
    site.delete("a")
    site.pending.settle()
    assert [str(write) for write in site.pending.arrivals] == ["2 delete 'a'", "1 submit 'a', updateSequenceNumber 1"]
    assert [link.id for link in site.store] == ["a"]


def test_operations_under_one_policy_do_not():
    site = Site(parse_consistency({"submit": "after-reads:2", "delete": "after-reads:2"}))
    submit(site, "a")
    site.read("a")
    site.delete("a")
    site.read("a")
    assert [write.number for write in site.pending] == [2]


def shuffled(seed, ids, answers=True):
    site = Site(Shuffled(seed))
    for id in ids:
        submit(site, id)
        if answers:
            site.pending.count_answer()
    return site


@given(seed=st.integers(0, 10**6), ids=st.lists(st.sampled_from("abc"), max_size=20))
def test_shuffled_delivers_every_write_once_or_twice_the_same_way_each_time(seed, ids):
    sites = [shuffled(seed, ids), shuffled(seed, ids)]
    for site in sites:
        site.pending.settle()
    first, second = ([str(write) for write in site.pending.arrivals] for site in sites)
    assert first == second
    numbers = [write.number for write in sites[0].pending.arrivals]
    assert set(numbers) == set(range(1, len(ids) + 1))
    assert max(map(numbers.count, numbers), default=1) <= 2
    for place, write in enumerate(sites[0].pending.arrivals):
        assert not write.is_repeat or write.number in numbers[:place]


@given(seed=st.integers(0, 10**6), ids=st.lists(st.sampled_from("abc"), max_size=20))
def test_shuffled_keeps_nothing_for_ever(seed, ids):
    site = shuffled(seed, ids)
    for _ in range(2 * Shuffled.SPREAD + 1):
        site.pending.count_answer()
    assert list(site.pending) == []


def course(seed):
    site = shuffled(seed, "ab")
    site.delete("a")
    site.pending.settle()
    return [write.kind for write in site.pending.arrivals if write.id == "a"], [write.number for write in site.pending.arrivals]


def test_shuffled_does_all_that_it_promises_under_some_seed():
    courses = [course(seed) for seed in range(100)]
    assert any(kinds == ["delete", "submit"] for kinds, _ in courses), "a deletion and a submission cross"
    assert any(kinds == ["submit", "delete"] for kinds, _ in courses), "or do not"
    assert any(kinds == ["submit", "delete", "submit"] for kinds, _ in courses), "a repeat comes after a deletion"
    assert any(numbers != sorted(numbers) for _, numbers in courses)
    seeds = count()
    assert next(seed for seed in seeds if course(seed) != course(0)) < 10


def test_whoever_looks_late_finds_what_came_in_the_order_in_which_it_came():
    site = Site(parse_consistency({"submit": "after-seconds:5", "delete": "after-seconds:1"}))
    submit(site, "a")
    site.clock.advance(10)
    site.pending.arrive()
    site.delete("a")
    submit(site, "a", 2)
    site.clock.advance(10)
    site.pending.arrive()
    assert [write.kind for write in site.pending.arrivals] == ["submit", "delete", "submit"]


@pytest.mark.parametrize("seed", range(60))
def test_shuffled_does_nothing_to_a_provider_that_looks_before_it_goes_on(seed):
    site = Site(Shuffled(seed))

    def until(is_there):
        for _ in range(30):
            if (site.read("a") is not None) == is_there:
                return True
            site.pending.count_answer()
        return False

    for round in range(1, 4):
        submit(site, "a", round)
        site.pending.count_answer()
        assert until(True)
        site.delete("a")
        site.pending.count_answer()
        assert until(False)
    site.pending.settle()
    assert list(site.store) == []


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_leaves_what_one_submission_says_twice_in_its_order(seed):
    site = Site(Shuffled(seed))
    site.submit([{"id": "a", "updateSequenceNumber": 1, "state": state} for state in ("first", "second")], {}, (), frozenset())
    site.pending.settle()
    assert site.store.get("a").data["state"] == "first"
