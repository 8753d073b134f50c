"""The orders that a search goes through, against all there are."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_remotelinks.jira.orders import Orders
from pytest_remotelinks.jira.write import Write

WRITES = st.lists(
    st.tuples(st.sampled_from(["submit", "delete"]), st.sampled_from("abc"), st.sampled_from(["", "other"]))
    | st.tuples(st.just("delete-by-properties"), st.just(""), st.sampled_from(["", "other"])),
    max_size=5,
)


@st.composite
def sent_writes(draw):
    """Some writes; now and then two of them came in one submission."""
    writes, submission = [], 0
    for number, (kind, id, app) in enumerate(draw(WRITES), 1):
        submission += draw(st.sampled_from([0, 1, 1, 1])) if kind == "submit" else 1
        writes.append(Write(number, kind, id, app=app, accepted_after=submission))
    return writes


def may_be(writes, order):
    """Whether what one submission says twice of a link is in its order."""
    by_number = {write.number: write for write in writes}
    return not any(
        earlier > later
        and by_number[earlier].kind == by_number[later].kind == "submit"
        and (by_number[earlier].id, by_number[earlier].app) == (by_number[later].id, by_number[later].app)
        and by_number[earlier].accepted_after == by_number[later].accepted_after
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def what_can_be_seen(writes, order):
    """Of each two writes that may touch the same link, which comes first."""
    by_number = {write.number: write for write in writes}
    return frozenset(
        (earlier, later)
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
        if by_number[earlier].may_touch(by_number[later])
    )


@settings(max_examples=200, deadline=None)
@given(writes=sent_writes())
def test_each_order_that_can_be_told_from_the_others_is_there_once(writes):
    found = list(Orders(writes).nearest(10_000))
    seen = [what_can_be_seen(writes, order) for order in found]
    assert len(seen) == len(set(seen))
    orders = [order for order in permutations([write.number for write in writes]) if may_be(writes, order)]
    assert set(seen) == {what_can_be_seen(writes, order) for order in orders}


@settings(max_examples=200, deadline=None)
@given(writes=sent_writes())
def test_the_order_of_sending_is_the_first_and_the_others_go_away_from_it(writes):
    orders = Orders(writes)
    found = list(orders.nearest(10_000))
    assert found[0] == tuple(write.number for write in writes)
    swaps = [orders.swaps(order) for order in found]
    assert swaps[0] == 0
    assert swaps == sorted(swaps)
    for order in found[1:]:
        shorter = list(orders.towards_sent(order))
        assert shorter
        assert all(orders.swaps(one) < orders.swaps(order) for one in shorter)
        assert [orders.swaps(one) for one in shorter] == sorted(orders.swaps(one) for one in shorter)


@given(writes=sent_writes(), seed=st.integers(0, 1000))
def test_a_sample_is_one_of_the_orders_and_follows_from_its_seed(writes, seed):
    orders = Orders(writes)
    assert orders.sample(seed) == orders.sample(seed)
    assert orders.sample(seed) in set(orders.nearest(10_000))
