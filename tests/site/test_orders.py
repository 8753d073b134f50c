"""The orders that a search goes through, against all there are."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_remotelinks.site.orders import Orders
from pytest_remotelinks.site.write import Write

WRITES = st.lists(
    st.tuples(st.sampled_from(["submit", "delete"]), st.sampled_from("abc"), st.sampled_from(["", "other"]))
    | st.tuples(st.just("delete-by-properties"), st.just(""), st.sampled_from(["", "other"])),
    max_size=5,
).map(lambda made: [Write(number, kind, id, app=app) for number, (kind, id, app) in enumerate(made, 1)])


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
@given(writes=WRITES)
def test_each_order_that_can_be_told_from_the_others_is_there_once(writes):
    found = list(Orders(writes).nearest())
    seen = [what_can_be_seen(writes, order) for order in found]
    assert len(seen) == len(set(seen))
    assert set(seen) == {what_can_be_seen(writes, order) for order in permutations([write.number for write in writes])}


@settings(max_examples=200, deadline=None)
@given(writes=WRITES)
def test_the_order_of_sending_is_the_first_and_the_others_go_away_from_it(writes):
    orders = Orders(writes)
    found = list(orders.nearest())
    assert found[0] == tuple(write.number for write in writes)
    swaps = [orders.swaps(order) for order in found]
    assert swaps[0] == 0
    assert swaps == sorted(swaps)
    for order in found[1:]:
        shorter = list(orders.towards_sent(order))
        assert shorter
        assert {orders.swaps(one) for one in shorter} == {orders.swaps(order) - 1}


@given(writes=WRITES, seed=st.integers(0, 1000))
def test_a_sample_is_one_of_the_orders_and_follows_from_its_seed(writes, seed):
    orders = Orders(writes)
    assert orders.sample(seed) == orders.sample(seed)
    assert orders.sample(seed) in set(orders.nearest())
