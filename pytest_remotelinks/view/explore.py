"""Run a scenario under many arrival orders until it fails under one."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pytest_remotelinks.apis.api import Id
from pytest_remotelinks.jira.backend import Backend
from pytest_remotelinks.jira.consistency import Policy
from pytest_remotelinks.jira.fault import whole_number
from pytest_remotelinks.jira.faults import Faults
from pytest_remotelinks.jira.orders import Order, Orders, SendingOrder
from pytest_remotelinks.jira.site import Site
from pytest_remotelinks.jira.write import AcceptedWrite, Kind
from pytest_remotelinks.recording.exchange import Exchange
from pytest_remotelinks.view.arrivals import Change, arrival_lines, change_for, changes
from pytest_remotelinks.view.compare import differences
from pytest_remotelinks.view.messages import failure, request_section
from pytest_remotelinks.view.view import View
from pytest_remotelinks.wire.text import counted, printable

#: Runs that may be spent on making an order shorter, if more than the search itself had.
_SHORTENING = 100
#: How many orders with one write out of place are tried first.
_SINGLE_MOVES = 30
#: For how many seconds no request may come after the first run, since one that does was sent in the background.
_QUIET = 0.05

_BACKGROUND = (
    "change: let the scenario wait at its end for what it sends in the background: join the thread, "
    "or call wait_for_submission() and then wait_idle()"
)
_IN_ORDER_FIRST = "change: make it pass with the writes in order first; explore() then looks for the orders in which it does not"
_ANEW = (
    "change: make anew in the scenario everything that has a memory (the provider, its database, its random numbers), "
    "and let it wait for its threads before it returns"
)


@dataclass(frozen=True)
class Exploration:
    """The result of ``explore()``: how many orders were tried, and whether those were all that can make a difference."""

    runs: int
    exhaustive: bool


@dataclass(frozen=True)
class _Problem:
    """What went wrong in a run, and the exception that it was, if it was one."""

    text: str
    cause: BaseException | None = None

    def error(self, *lines: str) -> AssertionError:
        error = AssertionError(printable("\n".join(lines)))
        error.__cause__ = self.cause
        return error


@dataclass(frozen=True)
class _Run:
    """One run of the scenario: what it wrote, and what came of it."""

    number: int
    #: How many of its writes were accepted; those of an app that it uninstalled need not arrive.
    accepted: int
    #: Its writes in the order of their arrival.
    arrivals: list[AcceptedWrite]
    #: Its writes by kind, if no write had arrived before the scenario returned: then no order can be the cause of what it sent.
    blindly: Counter[Kind] | None
    #: The links that its arrival order left in another state than the order of sending would have.
    changed: list[Change]
    exchanges: list[Exchange]
    #: The codes of the rules that it violated.
    violated: set[str]
    problem: _Problem | None


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
        #: The run in the order of sending.
        self._first: _Run | None = None
        #: How many requests the last run had.
        self._seen = 0
        #: Of all runs, by rule and pointer, the first request with such a violation.
        self._violating: dict[tuple[str, str], Exchange] = {}

    def explore(self) -> Exploration:
        """Search, and raise AssertionError for the shortest order found that makes the scenario fail, or if the search cannot say."""
        __tracebackhide__ = True
        with self._keeping_what_was():
            self._first = first = self._run(SendingOrder())
            _check_first(first, self._fake.url)
            orders = Orders(first.arrivals)
            candidates, exhaustive = self._candidates(orders)
            for order in candidates:
                found = self._run(orders.policy(order))
                if found.problem is not None:
                    raise self._failure(orders, order, found, found.problem)
            with self._site.present():
                self._refuse_late(self._seen)
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
            self._refuse_late(self._seen)
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
                exchanges = self._site.record.exchanges
                self._seen = len(exchanges)
                for exchange in exchanges:
                    for found in exchange.violations:
                        self._violating.setdefault((found.code, found.pointer), exchange)
                self._faults.restore(planned)

    def _refuse_late(self, known: int) -> None:
        """Raise AssertionError if a run had more requests than these: they came after its scenario had returned."""
        __tracebackhide__ = True
        late = self._site.record.exchanges[known:]
        if late:
            raise failure("a request came after the scenario had returned", request_section("sent in the background", late), [_BACKGROUND])

    def _candidates(self, orders: Orders) -> tuple[list[Order], bool]:
        """The orders to try besides that of sending, and whether they are all there are."""
        # One more than may be run, to know whether there are more.
        nearest = orders.nearest(self._most + 1)[1:]
        if len(nearest) < self._most:
            return nearest, True
        near, samples = nearest[: self._most // 2], range(self._most - self._most // 2 - 1)
        return [*near, *(orders.sample(self._seed + number) for number in samples)], False

    def _failure(self, orders: Orders, order: Order, found: _Run, problem: _Problem) -> AssertionError:
        """What to raise for an order that fails; it is the cause only if it fails again, and the order of sending does not."""
        number = found.number
        if not found.changed:
            if self._run(orders.policy(order)).problem is None:
                return _two_results(f"run {number} failed, and run {self._runs} passed", problem)
            again = self._run(SendingOrder()).problem
            if again is not None:
                return _two_results(f"the order of sending passed in run 1 and failed in run {self._runs}", again)
        order, found = self._shortest(orders, order, found)
        last = self._run(orders.policy(order))  # so that the record shows this one
        note = []
        if last.problem is not None:
            found = last
        elif found.changed:
            note = ["in another run with this order all was well: the scenario does not send the same each time"]
        else:
            return _two_results(f"run {found.number} failed, and run {last.number} passed", found.problem or problem)
        problem = found.problem or problem
        cause, change = found.changed[0].cause(found.arrivals) if found.changed else (problem.text, change_for(found.arrivals))
        return problem.error(
            cause,
            f"found in run {number}; the writes arrived in an order that Jira allows:",
            *arrival_lines(found.arrivals),
            *(problem.text.splitlines() if cause != problem.text else ()),
            *note,
            f"change: {change}",
        )

    def _shortest(self, orders: Orders, order: Order, found: _Run) -> tuple[Order, _Run]:
        """From an order that fails, go towards the order of sending as long as it still does."""
        last = self._runs + max(self._most, _SHORTENING)
        candidates = [other for other in orders.single_moves(order) if orders.swaps(other) < orders.swaps(order)][:_SINGLE_MOVES]
        while True:
            for shorter in (*candidates, *orders.towards_sent(order)):
                run = self._run(orders.policy(shorter)) if self._runs < last else None
                # What is proven is not exchanged for what is not.
                if run is not None and run.problem is not None and bool(run.changed) >= bool(found.changed):
                    order, found, candidates = shorter, run, []
                    break
            else:
                return order, found

    def _run(self, policy: Policy) -> _Run:
        """Run the scenario under a policy. Raises AssertionError if what it sent is not that of the first run, for no reason."""
        __tracebackhide__ = True
        self._runs += 1
        pending = self._site.pending
        with self._starting_over(policy):
            problem = self._call_scenario()
            with self._site.present():
                begun = len(self._site.record.exchanges) + self._site.record.under_way
                seen_something = bool(pending.arrivals)
            try:
                # A thread of the provider's may still wait for a response.
                self._fake.wait_idle(quiet=_QUIET if self._first is None else 0, timeout=30)
            except AssertionError as error:
                problem = problem or _Problem(str(error), error)
            with self._site.present():
                self._refuse_late(begun)
            self._site.settle()
            if self._check is not None and problem is None:
                problem = self._call_check(self._check)
            with self._site.present():
                exchanges = list(self._site.record.exchanges)
                changed = changes(pending.as_sent, self._site.store)
                arrivals, accepted = list(pending.arrivals), pending.accepted
            violated = {found.code for found in self._fake.violations if found.severity == "error"}
            problem = problem or self._difference(changed) or self._more_violations(violated)
        if problem is not None and (faulty := [exchange for exchange in exchanges if exchange.fault]):
            problem = _Problem("\n".join([problem.text, *request_section("requests that failed with a fault", faulty)]), problem.cause)
        blindly = None if seen_something else Counter(write.kind for write in arrivals)
        run = _Run(self._runs, accepted, arrivals, blindly, changed, exchanges, violated, problem)
        if self._first is not None:
            _check_repeatable(self._first, run)
        return run

    def _call_scenario(self) -> _Problem | None:
        try:
            _refuse_unfinished(self._scenario(self._fake), "the scenario")
        except _failures() as error:
            return _raised("the scenario", error)
        return None

    def _call_check(self, check: Callable[[], object]) -> _Problem | None:
        try:
            result = check()
            _refuse_unfinished(result, "check")
        except _failures() as error:
            return _raised("check", error)
        return _Problem("check returned False") if result is False else None

    def _difference(self, changed: Sequence[Change]) -> _Problem | None:
        if self._expected is None:
            title, found = "what is stored then is not what the order of sending leaves:", [line for one in changed for line in one.lines()]
        else:
            stored = self._fake.links
            title, found = "what is stored then is not as expected:", [str(one) for one in differences(self._expected, stored)]
            found += [f"{id}: not expected, it is stored" for id in stored if id not in self._expected]
        return _Problem("\n".join([title, *(f"  {line}" for line in found[:10])])) if found else None

    def _more_violations(self, violated: set[str]) -> _Problem | None:
        more = violated - self._first.violated if self._first is not None else ()
        return _Problem(f"the provider violated the contract: {', '.join(sorted(more))}") if more else None


def _check_first(first: _Run, url: str) -> None:
    """Raise AssertionError if the scenario fails in the order of sending, or leaves nothing to explore."""
    __tracebackhide__ = True
    problem, wrote = first.problem, first.accepted > 0
    if problem is not None and (wrote or problem.cause is not None):
        hint = [_IN_ORDER_FIRST] if first.exchanges else ["it had sent nothing by then", _BACKGROUND]
        raise problem.error("the scenario fails even if every write arrives in the order of sending", problem.text, *hint)
    if not first.exchanges:
        raise failure(
            "the scenario sent nothing: does it send in the background? call wait_idle()",
            [_BACKGROUND, f"or, if it sends elsewhere, let it use the URL of the fake that it is called with: {url}"],
        )
    if not wrote:
        raise failure(
            "no write of the scenario was accepted, so there is no arrival order to explore",
            request_section("its requests", first.exchanges),
            ["change: let the scenario submit or delete something that Jira accepts"],
        )


def _check_repeatable(first: _Run, run: _Run) -> None:
    """Raise AssertionError if a run sent something else than the first, and no arrival order can be the cause of that."""
    __tracebackhide__ = True
    if run.blindly is not None and (not run.accepted or (first.blindly is not None and run.blindly != first.blindly)):
        problem = run.problem or _Problem("")
        raise problem.error(
            f"explore() cannot tell: the scenario sent {_sent(first.arrivals)} in run 1, and {_sent(run.arrivals)} in run {run.number}",
            "no write had arrived before it returned, so the arrival order is not the cause",
            *problem.text.splitlines(),
            _ANEW,
        )


def _two_results(results: str, problem: _Problem) -> AssertionError:
    return problem.error(f"explore() cannot tell: the same order gave two results: {results}", problem.text, _ANEW)


def _sent(writes: Sequence[AcceptedWrite]) -> str:
    kinds = Counter(write.kind for write in writes)
    words = {"submit": ("submission", ""), "delete": ("deletion", ""), "delete-by-properties": ("deletion", " by properties")}
    return " and ".join(counted(count, words[kind][0]) + words[kind][1] for kind, count in sorted(kinds.items())) or "nothing"


def _check_scenario(scenario: Callable[..., object], fake: View) -> None:
    """Raise TypeError for what cannot be called with the fake Jira, or returns a coroutine."""
    __tracebackhide__ = True
    if inspect.iscoroutinefunction(scenario):
        raise TypeError("explore() takes an ordinary function; let it run the coroutine: lambda jira: asyncio.run(scenario(jira))")
    try:
        inspect.signature(scenario).bind(fake)
    except (TypeError, ValueError):
        raise TypeError(f"explore() calls the scenario with this fake Jira; {scenario!r} does not take exactly one argument") from None


def _refuse_unfinished(result: object, whose: str) -> None:
    """Raise TypeError for a result that has still to be run."""
    __tracebackhide__ = True
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(f"{whose} returned a coroutine, which was not awaited; run it with asyncio.run()")
    if inspect.isgenerator(result):
        raise TypeError(
            f"{whose} returned a generator, of which nothing was run; it has a `yield`, and explore() takes an ordinary function"
        )


def _failures() -> tuple[type[BaseException], ...]:
    """What a scenario fails with; pytest's own failures are not Exceptions, and neither is the exit of a command."""
    outcomes = sys.modules.get("_pytest.outcomes")
    return (Exception, SystemExit, *([outcomes.Failed] if outcomes is not None else []))


def _raised(whose: str, error: BaseException) -> _Problem:
    what = f"an assertion of {whose} failed" if isinstance(error, AssertionError) else f"{whose} raised {type(error).__name__}"
    return _Problem(f"{what}: {error}" if str(error) else what, error)
