"""A search through the weather: a scenario is run under many orders of arrival until one breaks it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.assertions.comparison import differences
from pytest_remotelinks.recording.masking import printable
from pytest_remotelinks.site.orders import Arranged, Order, Orders
from pytest_remotelinks.site.write import Write
from pytest_remotelinks.trouble.faults import whole_number

if TYPE_CHECKING:
    from pytest_remotelinks.fake_jira import FakeJira

_RETRY = "an update that may come late needs a number by which Jira can tell: give each a higher updateSequenceNumber than the one before"


@dataclass(frozen=True)
class Exploration:
    """What a search came to: how many orders were tried, and whether those were all that can make a difference."""

    runs: int
    exhaustive: bool


class Explorer:
    """One search."""

    def __init__(
        self,
        jira: FakeJira,
        scenario: Callable[..., object],
        runs: int,
        expected: Mapping[str, Mapping[str, Any]] | None,
        check: Callable[[], object] | None,
        seed: int,
    ) -> None:
        self._jira = jira
        self._scenario = scenario
        self._arguments = (jira,) if _takes_one(scenario) else ()
        self._most = whole_number("runs", runs, 1)
        self._expected = expected
        self._check = check
        self._seed = seed
        self._runs = 0
        self._in_order: dict[str, dict[str, Any]] = {}
        self._broken_in_order: set[str] = set()
        #: The writes as they arrived in the last run.
        self._arrivals: list[Write] = []

    def explore(self) -> Exploration:
        """Search, and raise AssertionError for the shortest order that breaks the scenario."""
        __tracebackhide__ = True
        problem = self._run(())
        if problem is not None:
            raise AssertionError(f"the scenario fails even if every write arrives in the order of sending\n{problem}")
        orders = Orders(self._arrivals)
        candidates, exhaustive = self._candidates(orders)
        for order in candidates:
            problem = self._run(order)
            if problem is not None:
                runs = self._runs
                order, problem = self._shortest(orders, order, problem)
                self._run(order)  # so that the record shows this one
                raise AssertionError(printable(self._report(runs, problem)))
        return Exploration(self._runs, exhaustive)

    def _candidates(self, orders: Orders) -> tuple[Iterator[Order], bool]:
        """The orders to try besides that of sending, and whether they are all there are."""
        # One more than may be run tells whether there are more.
        nearest = list(islice(orders.nearest(), 1, self._most + 1))
        if len(nearest) < self._most:
            return iter(nearest), True
        near, samples = nearest[: self._most // 2], range(self._most - self._most // 2 - 1)
        return iter([*near, *(orders.sample(self._seed + number) for number in samples)]), False

    def _shortest(self, orders: Orders, order: Order, problem: str) -> tuple[Order, str]:
        """From an order that fails, go towards the order of sending as long as it still does."""
        while True:
            for shorter in orders.towards_sent(order):
                found = self._run(shorter)
                if found is not None:
                    order, problem = shorter, found
                    break
            else:
                return order, problem

    def _run(self, order: Order) -> str | None:
        """Run the scenario under an order of arrival; what came out wrong, None where nothing did."""
        jira = self._jira
        self._runs += 1
        problem: str | None = None
        with jira._weather(Arranged(order)):
            try:
                self._scenario(*self._arguments)
                jira.settle()
                if self._check is not None:
                    self._check()
            except AssertionError as error:
                jira.settle()
                problem = f"an assertion failed: {error}"
            stored, self._arrivals = jira.links, jira.arrivals
        broken = {violation.code for violation in jira.unexpected_violations if violation.severity == "error"}
        if self._runs == 1:
            self._in_order, self._broken_in_order = stored, broken
        if problem is None:
            problem = self._difference(stored)
        if problem is None and broken - self._broken_in_order:
            problem = f"the provider broke the contract: {', '.join(sorted(broken - self._broken_in_order))}"
        return problem

    def _difference(self, stored: dict[str, dict[str, Any]]) -> str | None:
        expected = self._in_order if self._expected is None else self._expected
        found = [str(difference) for difference in differences(expected, stored)]
        found += [f"{id}: not expected, it is stored" for id in stored if id not in expected]
        if not found:
            return None
        whose = "the order of sending leaves" if self._expected is None else "was expected"
        return "\n".join([f"what is stored then is not what {whose}:", *(f"  {line}" for line in found[:10])])

    def _report(self, runs: int, problem: str) -> str:
        lines = [f"the scenario fails under an order of arrival that Jira allows (found in {runs} runs); writes arrived so:"]
        for place, write in enumerate(self._arrivals):
            overtaken = [late.number for late in self._arrivals[place + 1 :] if late.number < write.number and late.may_touch(write)]
            remark = f"  (before {', '.join(map(str, overtaken))}, sent earlier)" if overtaken else ""
            lines.append(f"  {write}{remark}")
        return "\n".join([*lines, problem, f"change: {_mend(self._arrivals)}"])


def _takes_one(scenario: Callable[..., object]) -> bool:
    try:
        inspect.signature(scenario).bind()
    except TypeError:
        return True
    return False


def _mend(arrivals: Sequence[Write]) -> str:
    """What keeps such an order from doing harm."""
    crossed = [
        (early, late)
        for place, early in enumerate(arrivals)
        for late in arrivals[place + 1 :]
        if early.number > late.number and early.may_touch(late)
    ]
    if any(early.kind != "submit" and late.kind == "submit" for early, late in crossed):
        return "Jira keeps no trace of a deletion, so a submission that comes late stays: read the link back before deleting it"
    if any(early.kind == "submit" and late.kind != "submit" for early, late in crossed):
        return "a deletion that comes late takes newer links along: wait until it can be read back before submitting again"
    return _RETRY
