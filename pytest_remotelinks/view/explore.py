"""A search through the weather: a scenario is run under many orders of arrival until one breaks it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.faults import whole_number
from pytest_remotelinks.jira.orders import GivenOrder, Order, Orders
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.view.compare import differences
from pytest_remotelinks.view.messages import request_section
from pytest_remotelinks.wire.text import printable

if TYPE_CHECKING:
    from pytest_remotelinks.fake_jira import FakeJira

#: Runs that may be spent on making an order shorter, if more than the search itself had.
_SHORTENING = 100
#: How many orders with one write out of place are tried first.
_SINGLE_MOVES = 30
#: Writes that a report lists, of those that changed places and those that they passed.
_SHOWN = 20
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
        expected: Mapping[Id, Mapping[str, Any]] | None,
        check: Callable[[], object] | None,
        seed: int,
    ) -> None:
        if inspect.iscoroutinefunction(scenario):
            raise TypeError("explore() takes an ordinary function; let it run the coroutine: lambda: asyncio.run(scenario())")
        self._jira = jira
        self._scenario = scenario
        self._arguments = (jira,) if _takes_one(scenario) else ()
        self._most = whole_number("runs", runs, 1)
        self._expected = expected
        self._check = check
        self._seed = seed
        self._runs = 0
        self._in_order: dict[Id, dict[str, Any]] = {}
        self._broken_in_order: set[str] = set()
        #: The writes as they arrived in the last run, and its requests that met with trouble.
        self._arrivals: list[AcceptedWrite] = []
        self._troubled: list[Exchange] = []

    def explore(self) -> Exploration:
        """Search, and raise AssertionError for the shortest order found that breaks the scenario."""
        __tracebackhide__ = True
        with self._jira._exploring():
            problem = self._run(())
            if problem is not None:
                raise problem.error("the scenario fails even if every write arrives in the order of sending")
            orders = Orders(self._arrivals)
            candidates, exhaustive = self._candidates(orders)
            for order in candidates:
                problem = self._run(order)
                if problem is not None:
                    runs = self._runs
                    order, problem = self._shortest(orders, order, problem)
                    problem = self._run(order) or problem  # so that the record shows this one
                    raise problem.error(self._verdict(runs), f"change: {_mend(self._arrivals)}")
            return Exploration(self._runs, exhaustive)

    def _candidates(self, orders: Orders) -> tuple[list[Order], bool]:
        """The orders to try besides that of sending, and whether they are all there are."""
        # One more than may be run tells whether there are more.
        nearest = orders.nearest(self._most + 1)[1:]
        if len(nearest) < self._most:
            return nearest, True
        near, samples = nearest[: self._most // 2], range(self._most - self._most // 2 - 1)
        return [*near, *(orders.sample(self._seed + number) for number in samples)], False

    def _shortest(self, orders: Orders, order: Order, problem: _Problem) -> tuple[Order, _Problem]:
        """From an order that fails, go towards the order of sending as long as it still does."""
        last = self._runs + max(self._most, _SHORTENING)
        candidates = [other for other in orders.single_moves(order) if orders.swaps(other) < orders.swaps(order)][:_SINGLE_MOVES]
        while True:
            for shorter in (*candidates, *orders.towards_sent(order)):
                found = self._run(shorter) if self._runs < last else None
                if found is not None:
                    order, problem, candidates = shorter, found, []
                    break
            else:
                return order, problem

    def _run(self, order: Order) -> _Problem | None:
        """Run the scenario under an order of arrival; what came out wrong, None where nothing did."""
        jira = self._jira
        self._runs += 1
        problem: _Problem | None = None
        with jira._run_under(GivenOrder(order)):
            try:
                result = self._scenario(*self._arguments)
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("the scenario returned a coroutine, which nobody has run; run it with asyncio.run()")
                # A thread of the provider's may still wait for an answer.
                jira.wait_idle(quiet=0, timeout=30)
                jira.settle()
                if self._check is not None:
                    self._check()
            except _failures() as error:
                jira.settle()
                problem = _Problem(f"{_named(error)}: {error}", error)
            stored, self._arrivals = jira.links, list(jira._site.pending.arrivals)
            self._troubled = [exchange for exchange in jira.requests if exchange.fault]
            broken = {found.code for exchange in jira.requests for found in exchange.violations if found.severity == "error"}
        if self._runs == 1:
            self._in_order, self._broken_in_order = stored, broken
        if problem is None and (difference := self._difference(stored)) is not None:
            problem = _Problem(difference)
        if problem is None and broken - self._broken_in_order:
            problem = _Problem(f"the provider broke the contract: {', '.join(sorted(broken - self._broken_in_order))}")
        if problem is not None and self._troubled:
            problem = _Problem("\n".join([problem.text, *request_section("requests that met with trouble", self._troubled)]), problem.cause)
        return problem

    def _difference(self, stored: dict[Id, dict[str, Any]]) -> str | None:
        expected = self._in_order if self._expected is None else self._expected
        found = [str(difference) for difference in differences(expected, stored)]
        found += [f"{id}: not expected, it is stored" for id in stored if id not in expected]
        if not found:
            return None
        whose = "the order of sending leaves" if self._expected is None else "was expected"
        return "\n".join([f"what is stored then is not what {whose}:", *(f"  {line}" for line in found[:10])])

    def _verdict(self, runs: int) -> str:
        lines = [f"the scenario fails under an order of arrival that Jira allows (found in {runs} runs); writes arrived so:"]
        overtaken = {
            id(write): [late for late in self._arrivals[place + 1 :] if late.number < write.number and late.may_touch(write)]
            for place, write in enumerate(self._arrivals)
        }
        concerned = {id(write) for write in self._arrivals if overtaken[id(write)]}
        concerned |= {id(late) for passed in overtaken.values() for late in passed}
        shown = [write for write in self._arrivals if id(write) in concerned or len(self._arrivals) <= _SHOWN][:_SHOWN]
        for write in shown:
            passed = [str(late.number) for late in overtaken[id(write)]]
            more = f" and {len(passed) - 5} more" if len(passed) > 5 + 3 else ""
            remark = f"  (before {', '.join(passed[:5] if more else passed)}{more}, sent earlier)" if passed else ""
            lines.append(f"  {write}{remark}")
        if len(shown) < len(self._arrivals):
            lines.append(f"  and {len(self._arrivals) - len(shown)} more")
        return "\n".join(lines)


@dataclass(frozen=True)
class _Problem:
    """What came out wrong in a run, and the exception that it was, if it was one."""

    text: str
    cause: BaseException | None = None

    def error(self, verdict: str, *more: str) -> AssertionError:
        error = AssertionError(printable("\n".join([verdict, self.text, *more])))
        error.__cause__ = self.cause
        return error


def _failures() -> tuple[type[BaseException], ...]:
    """What a scenario fails with; pytest's own failures are no Exceptions."""
    outcomes = sys.modules.get("_pytest.outcomes")
    return (Exception, outcomes.Failed) if outcomes is not None else (Exception,)


def _named(error: BaseException) -> str:
    return "an assertion failed" if isinstance(error, AssertionError) else f"the scenario raised {type(error).__name__}"


def _takes_one(scenario: Callable[..., object]) -> bool:
    try:
        inspect.signature(scenario).bind()
    except TypeError:
        return True
    return False


def _mend(arrivals: Sequence[AcceptedWrite]) -> str:
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
