"""Run a scenario under many arrival orders until it fails under one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.consistency import Policy
from pytest_remotelinks.jira.fault import whole_number
from pytest_remotelinks.jira.faults import Faults
from pytest_remotelinks.jira.orders import GivenOrder, Order, Orders
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import AcceptedWrite
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.view.compare import differences
from pytest_remotelinks.view.messages import request_section
from pytest_remotelinks.view.view import View
from pytest_remotelinks.wire.text import printable

#: Runs that may be spent on making an order shorter, if more than the search itself had.
_SHORTENING = 100
#: How many orders with one write out of place are tried first.
_SINGLE_MOVES = 30
#: Writes that a report lists, of those that changed places and those that they passed.
_SHOWN = 20


@dataclass(frozen=True)
class Exploration:
    """The result of ``explore()``: how many orders were tried, and whether those were all that can make a difference."""

    runs: int
    exhaustive: bool


class Explorer:
    """One search through the orders in which a scenario's writes may arrive."""

    def __init__(
        self,
        fake: View,
        site: Site,
        backend: Backend,
        faults: Faults,
        scenario: Callable[[Any], object],
        runs: int,
        expected: Mapping[Id, Mapping[str, Any]] | None,
        check: Callable[[], object] | None,
        seed: int,
    ) -> None:
        __tracebackhide__ = True
        _check_scenario(scenario, fake)
        self._fake = fake
        self._site = site
        self._backend = backend
        self._faults = faults
        self._scenario = scenario
        self._most = whole_number("runs", runs, 1)
        self._expected = expected
        self._check = check
        self._seed = seed
        self._runs = 0
        self._in_order: dict[Id, dict[str, Any]] = {}
        self._violated_in_order: set[str] = set()
        #: The writes of the last run as they arrived, and its requests that a fault was injected into.
        self._arrivals: list[AcceptedWrite] = []
        self._faulty: list[Exchange] = []
        #: Of all runs, by rule and pointer, the first request with such a violation.
        self._violating: dict[tuple[str, str], Exchange] = {}

    def explore(self) -> Exploration:
        """Search, and raise AssertionError for the shortest order found that makes the scenario fail."""
        __tracebackhide__ = True
        with self._keeping_what_was():
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
                    raise problem.error(self._summary(runs), f"change: {_fix(self._arrivals)}")
            return Exploration(self._runs, exhaustive)

    @contextmanager
    def _keeping_what_was(self) -> Iterator[None]:
        """Restore afterwards what the runs change; the record then has the earlier requests and those worth keeping.

        Of the runs, these are all of the last one, and of the others each
        request that violated a rule in a way that none before it did.
        """
        record, pending = self._site.record, self._site.pending
        with self._site.present():
            earlier, record.exchanges = record.exchanges, []
            policy = pending.consistency
            planned = self._faults.snapshot()
        try:
            yield
        finally:
            with self._site.present():
                kept = {id(exchange): exchange for exchange in (*self._violating.values(), *record.exchanges)}
                record.exchanges = [*earlier, *kept.values()]
                pending.consistency = policy
                self._faults.restore(planned)

    @contextmanager
    def _starting_over(self, policy: Policy) -> Iterator[None]:
        """One run: it starts with an empty site and record, and with the faults that were planned before the search."""
        with self._site.present():
            planned = self._faults.snapshot()
            self._faults.restore(planned)  # which ends what is counted and waited for
            self._site.pending.consistency = policy
            self._site.record.forget()
            self._site.forget()
            self._backend.forget()
        try:
            yield
        finally:
            with self._site.present():
                for exchange in self._site.record.exchanges:
                    for found in exchange.violations:
                        self._violating.setdefault((found.code, found.pointer), exchange)
                self._faults.restore(planned)

    def _candidates(self, orders: Orders) -> tuple[list[Order], bool]:
        """The orders to try besides that of sending, and whether they are all there are."""
        # One more than may be run, to know whether there are more.
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
        """Run the scenario under an arrival order; return what went wrong, None if nothing did."""
        fake = self._fake
        self._runs += 1
        problem: _Problem | None = None
        with self._starting_over(GivenOrder(order)):
            try:
                result = self._scenario(fake)
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("the scenario returned a coroutine, which was not awaited; run it with asyncio.run()")
                # A thread of the provider's may still wait for a response.
                fake.wait_idle(quiet=0, timeout=30)
                self._site.settle()
                if self._check is not None:
                    self._check()
            except _failures() as error:
                self._site.settle()
                problem = _Problem(f"{_cause(error)}: {error}", error)
            stored, self._arrivals = fake.links, list(self._site.pending.arrivals)
            self._faulty = [exchange for exchange in fake.requests if exchange.fault]
            violated = {found.code for found in fake.violations if found.severity == "error"}
        if self._runs == 1:
            self._in_order, self._violated_in_order = stored, violated
        if problem is None and (difference := self._difference(stored)) is not None:
            problem = _Problem(difference)
        if problem is None and (more := violated - self._violated_in_order):
            problem = _Problem(f"the provider violated the contract: {', '.join(sorted(more))}")
        if problem is not None and self._faulty:
            problem = _Problem(
                "\n".join([problem.text, *request_section("requests that failed with a fault", self._faulty)]), problem.cause
            )
        return problem

    def _difference(self, stored: dict[Id, dict[str, Any]]) -> str | None:
        expected = self._in_order if self._expected is None else self._expected
        found = [str(difference) for difference in differences(expected, stored)]
        found += [f"{id}: not expected, it is stored" for id in stored if id not in expected]
        if not found:
            return None
        whose = "the same as after the order of sending" if self._expected is None else "as expected"
        return "\n".join([f"what is stored then is not {whose}:", *(f"  {line}" for line in found[:10])])

    def _summary(self, runs: int) -> str:
        lines = [f"the scenario fails under an arrival order that Jira allows (found in {runs} runs); the writes arrived in this order:"]
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
    """What went wrong in a run, and the exception that it was, if it was one."""

    text: str
    cause: BaseException | None = None

    def error(self, summary: str, *more: str) -> AssertionError:
        error = AssertionError(printable("\n".join([summary, self.text, *more])))
        error.__cause__ = self.cause
        return error


def _check_scenario(scenario: Callable[..., object], fake: View) -> None:
    """Raise TypeError for what cannot be called with the fake Jira, or returns a coroutine."""
    __tracebackhide__ = True
    if inspect.iscoroutinefunction(scenario):
        raise TypeError("explore() takes an ordinary function; let it run the coroutine: lambda jira: asyncio.run(scenario(jira))")
    try:
        inspect.signature(scenario).bind(fake)
    except (TypeError, ValueError):
        raise TypeError(f"explore() calls the scenario with this fake Jira; {scenario!r} does not take exactly one argument") from None


def _failures() -> tuple[type[BaseException], ...]:
    """What a scenario fails with; pytest's own failures are not Exceptions."""
    outcomes = sys.modules.get("_pytest.outcomes")
    return (Exception, outcomes.Failed) if outcomes is not None else (Exception,)


def _cause(error: BaseException) -> str:
    return "an assertion failed" if isinstance(error, AssertionError) else f"the scenario raised {type(error).__name__}"


def _fix(arrivals: Sequence[AcceptedWrite]) -> str:
    """What makes such an order harmless."""
    crossed = [
        (early, late)
        for place, early in enumerate(arrivals)
        for late in arrivals[place + 1 :]
        if early.number > late.number and early.may_touch(late)
    ]
    if any(early.kind != "submit" and late.kind == "submit" for early, late in crossed):
        return "read the link back before deleting it: Jira does not remember a deletion, so a submission that arrives after it stays"
    if any(early.kind == "submit" and late.kind != "submit" for early, late in crossed):
        return "wait until the deletion can be read back before submitting again: one that arrives late deletes newer links too"
    sequence = arrivals[0].api.sequence_member if arrivals else "sequence number"
    return f"give each update a higher {sequence} than the one before, so that Jira can ignore one that arrives late"
