"""The orders that explore() tries, compared with all that exist."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.apis.remotelinks import REMOTE_LINKS
from pytest_remotelinks.jira.orders import Orders
from pytest_remotelinks.jira.write import AcceptedWrite

WRITES = st.lists(
    st.tuples(st.sampled_from(["submit", "delete"]), st.sampled_from("abc"), st.sampled_from(["", "other"]))
    | st.tuples(st.just("delete-by-properties"), st.just(""), st.sampled_from(["", "other"])),
    max_size=5,
)


@st.composite
def sent_writes(draw):
    """Some writes; sometimes two of them are of one submission."""
    writes, submission = [], 0
    for number, (kind, id, app) in enumerate(draw(WRITES), 1):
        submission += draw(st.sampled_from([0, 1, 1, 1])) if kind == "submit" else 1
        writes.append(AcceptedWrite(REMOTE_LINKS, kind, app, id, number=number, accepted_after=submission))
    return writes


def may_be(writes, order):
    """Whether a link that one submission contains twice keeps its order."""
    by_number = {write.number: write for write in writes}
    return not any(
        earlier > later
        and by_number[earlier].kind == by_number[later].kind == "submit"
        and (by_number[earlier].id, by_number[earlier].app) == (by_number[later].id, by_number[later].app)
        and by_number[earlier].accepted_after == by_number[later].accepted_after
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def visible_order(writes, order):
    """Of each two writes that may touch the same link, the first and the second."""
    by_number = {write.number: write for write in writes}
    return frozenset(
        (earlier, later)
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
        if by_number[earlier].may_touch(by_number[later])
    )


@given(writes=sent_writes())
def test_each_visible_order_is_found_once(writes):
    """Of all orders that make no difference there is exactly one."""
    found = list(Orders(writes).nearest(10_000))
    seen = [visible_order(writes, order) for order in found]
    assert len(seen) == len(set(seen))
    orders = [order for order in permutations([write.number for write in writes]) if may_be(writes, order)]
    assert set(seen) == {visible_order(writes, order) for order in orders}


@given(writes=sent_writes())
def test_orders_are_sorted_by_swaps(writes):
    """The order of sending comes first, and from each other order a shorter way leads back to it."""
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
def test_sample_follows_from_its_seed(writes, seed):
    """A sample is one of the orders, and the same for the same seed."""
    orders = Orders(writes)
    assert orders.sample(seed) == orders.sample(seed)
    assert orders.sample(seed) in set(orders.nearest(10_000))
