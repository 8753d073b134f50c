"""What changed for a provider between two contract documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.contract.diff.facts import normal_form
from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.schema import CHOICES

Effect = Literal["breaks", "may break", "relaxes", "informs"]
#: The breaking ones come first.
EFFECTS: tuple[Effect, ...] = ("breaks", "may break", "relaxes", "informs")
BREAKING: tuple[Effect, ...] = EFFECTS[:2]

_ABSENT: Any = object()


@dataclass(frozen=True)
class Change:
    """One change of the contract.

    ``affects`` says which clients it can break, and is empty if it breaks none.
    ``place`` is the part of the operation that changed.
    """

    effect: Effect
    operation: str
    place: str
    what: str
    affects: str = ""

    @property
    def is_breaking(self) -> bool:
        """Whether a provider that was correct before may fail now."""
        return self.effect in BREAKING


def compare(old: Document, new: Document) -> list[Change]:
    """All changes from one document to another, the breaking ones first; prose and order do not count."""
    before, after = normal_form(old), normal_form(new)
    changes: list[Change] = []
    for operation in (known.id for known in old.api.operations):
        if operation in before and operation in after:
            changes += _operation(operation, before[operation], after[operation])
        elif operation in before:
            changes.append(Change("breaks", operation, "operation", "is gone", "providers that call it"))
        elif operation in after:
            changes.append(Change("relaxes", operation, "operation", "is new"))
    return sorted(changes, key=lambda change: EFFECTS.index(change.effect))


def _differing(old: dict[str, Any], new: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The members in which two objects differ, with both values."""
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if _ABSENT in (before, after) or _text(before) != _text(after):
            yield name, before, after


def _or_generic(changes: Iterable[Change], operation: str, place: str, what: str) -> Iterator[Change]:
    """The changes; a generic one if there are none, so that no difference goes unreported."""
    found = list(changes)
    yield from found or [Change("may break", operation, place, f"differs in {what}", "providers that rely on it")]


def _operation(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for part, before, after in _differing(old, new):
        yield from _or_generic(_part(operation, part, before, after), operation, "operation", part)


def _part(operation: str, part: str, old: Any, new: Any) -> Iterator[Change]:
    if part in ("method", "path"):
        yield Change("breaks", operation, part, f"is {new}; it was {old}", "providers that call it")
    elif part == "deprecated":
        yield Change("informs", operation, "operation", "is no longer deprecated" if new is _ABSENT else "is now deprecated")
    elif part == "parameters":
        for name, before, after in _differing(old, new):
            yield from _parameter(operation, f"parameter {name}", before, after)
    elif part == "requestBody":
        yield from _body(operation, old or {}, new or {})
    elif part == "responses":
        for status, before, after in _differing(old, new):
            yield from _answer(operation, status, before, after)
    elif part == "security":
        yield from _security(operation, old, new)
    elif part == "connectScope":
        yield _connect_scope(operation, old, new)


def _connect_scope(operation: str, old: Any, new: Any) -> Change:
    (before, was), (after, now) = _scope_that_counts(old), _scope_that_counts(new)
    what = f"is {now}; it was {was}"
    if before == after:
        return Change("informs", operation, "Connect scope", what)
    if after is None:
        return Change("relaxes", operation, "Connect scope", what)
    return Change("breaks", operation, "Connect scope", what, f"Connect apps whose descriptor does not ask for {after}")


def _scope_that_counts(scope: Any) -> tuple[str | None, str]:
    """The scope that an app needs, and what the document says in words."""
    if isinstance(scope, dict):
        return scope["counts"], f"{scope['stated']}, which no descriptor can name: {scope['counts']} counts, as the prose says"
    return scope, scope or "not there"


def _parameter(operation: str, place: str, old: Any, new: Any) -> Iterator[Change]:
    if new is _ABSENT:
        yield Change("may break", operation, place, "is no longer described", "providers that send it and rely on its effect")
        return
    if old is _ABSENT:
        if new.get("required"):
            yield Change("breaks", operation, place, "is new and required", "every provider: none sends it")
        else:
            yield Change("relaxes", operation, place, "is new")
        return
    for keyword, before, after in _differing(old, new):
        if keyword == "required":
            if after is True:
                yield Change("breaks", operation, place, "is now required", "providers that do not send it")
            else:
                yield Change("relaxes", operation, place, "is no longer required")
        elif keyword == "deprecated":
            yield Change("informs", operation, place, "is now deprecated" if after is True else "is no longer deprecated")
        elif keyword in ("style", "explode"):
            yield Change("breaks", operation, place, _moved(keyword, before, after), "providers that send it as before")
        elif keyword == "schema":
            yield from _Sent(operation).compare({} if before is _ABSENT else before, {} if after is _ABSENT else after, place)
        else:
            yield Change("may break", operation, place, _moved(keyword, before, after), "providers that send it as before")


def _body(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for part, before, after in _differing(old, new):
        if part == "required":
            if after is True:
                yield Change("breaks", operation, "body", "is now required", "providers that send none")
            else:
                yield Change("relaxes", operation, "body", "is no longer required")
        elif part == "content":
            for name, one, other in _differing({} if before is _ABSENT else before, {} if after is _ABSENT else after):
                if other is _ABSENT:
                    yield Change("breaks", operation, "body", f"is no longer accepted as {name}", f"providers that send {name}")
                elif one is _ABSENT:
                    yield Change("relaxes", operation, "body", f"is accepted as {name} too")
                else:
                    yield from _media_type(_Sent(operation), one, other, "body")
        else:
            yield Change("may break", operation, "body", _moved(part, before, after), "providers that send it as before")


def _answer(operation: str, status: str, old: Any, new: Any) -> Iterator[Change]:
    place = f"answer {status}"
    if old is _ABSENT:
        yield Change("may break", operation, place, "is new", f"providers that do not expect {status}")
        return
    if new is _ABSENT:
        if status.startswith("2"):
            yield Change("may break", operation, place, "is no longer described", f"providers that take {status} for success")
        else:
            yield Change("informs", operation, place, "is no longer described")
        return
    for part, before, after in _differing(old, new):
        if part == "content":
            for name, one, other in _differing({} if before is _ABSENT else before, {} if after is _ABSENT else after):
                if other is _ABSENT:
                    yield Change("may break", operation, place, f"is no longer sent as {name}", "providers that read its body")
                elif one is _ABSENT:
                    yield Change("informs", operation, place, f"is sent as {name} too")
                else:
                    yield from _media_type(_Received(operation), one, other, place)
        else:
            yield Change("may break", operation, place, f"changes its {part}", f"providers that read its {part}")


def _media_type(comparison: _Sent, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Change]:
    for part, before, after in _differing(old, new):
        if part == "schema":
            yield from comparison.compare({} if before is _ABSENT else before, {} if after is _ABSENT else after, place)
        else:
            yield comparison.change("may break", place, _moved(part, before, after), "providers that rely on it")


def _security(operation: str, old: list[dict[str, list[str]]], new: list[dict[str, list[str]]]) -> Iterator[Change]:
    if old == new:
        return
    if not old:
        stated = ", or ".join(_requirement(requirement) for requirement in new)
        scopes = sorted({scope for requirement in new for named in requirement.values() for scope in named})
        affects = f"clients whose OAuth token lacks {', '.join(scopes)}" if scopes else "clients that send no such credentials"
        yield Change("may break", operation, "security", f"is now stated: {stated}", f"{affects}; not Connect apps that sign as before")
        return
    for requirement in old:
        if requirement in new:
            continue
        same = next((other for other in new if other.keys() == requirement.keys()), None)
        if same is None:
            yield Change("breaks", operation, "security", f"{_requirement(requirement)} is no longer accepted", "providers that use it")
            continue
        for scheme, scopes in requirement.items():
            for scope in sorted(set(same[scheme]) - set(scopes)):
                yield Change("breaks", operation, "security", f"{scheme} needs the scope {scope}", f"clients whose token lacks {scope}")
            for scope in sorted(set(scopes) - set(same[scheme])):
                yield Change("relaxes", operation, "security", f"{scheme} no longer needs the scope {scope}")
    for requirement in new:
        if not any(requirement.keys() == other.keys() for other in old):
            yield Change("relaxes", operation, "security", f"{_requirement(requirement)} is accepted too")


def _requirement(requirement: dict[str, list[str]]) -> str:
    return " and ".join(f"{scheme} with {', '.join(scopes)}" if scopes else scheme for scheme, scopes in requirement.items()) or "nothing"


#: Upper and lower limits, and what they count.
_UPPER = {
    "maxLength": "characters", "maxItems": "entries", "maxProperties": "members", "maximum": "as a number",
}  # fmt: skip
_LOWER = {
    "minLength": "characters", "minItems": "entries", "minProperties": "members", "minimum": "as a number",
}  # fmt: skip
#: Types and formats of which the second allows all that the first one allows.
_WIDENED = (("integer", "number"), ("int32", "int64"))
_FLAGS = {"nullable": False, "uniqueItems": True, "exclusiveMinimum": True, "exclusiveMaximum": True}


class _Sent:
    """Compares schemas of what a provider sends: what is stricter breaks."""

    def __init__(self, operation: str) -> None:
        self.operation = operation

    def compare(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Change]:
        one_sided = old.get("properties", {}).keys() ^ new.get("properties", {}).keys()
        for keyword, before, after in _differing(old, new):
            if keyword == "properties":
                needed = {*new.get("required", ())}
                found = self.members({} if before is _ABSENT else before, {} if after is _ABSENT else after, needed, place)
            elif keyword == "required":
                needed, needed_now = set(() if before is _ABSENT else before), set(() if after is _ABSENT else after)
                found = self.requirements(needed, needed_now, one_sided, place)
                if needed ^ needed_now and needed ^ needed_now <= one_sided:
                    yield from found
                    continue
            elif keyword == "items":
                found = self.entries(before, after, f"{place}[]")
            elif keyword == "additionalProperties":
                found = self.others(True if before is _ABSENT else before, True if after is _ABSENT else after, place)
            elif keyword == "default":
                what = "has no default any more" if after is _ABSENT else f"is {_shown(after)} by default"
                found = iter([self.change("informs", place, what if before is _ABSENT else f"{what}; it was {_shown(before)}")])
            else:
                found = self.keyword(keyword, before, after, place)
            yield from _or_generic(found, self.operation, place, keyword)

    def change(self, effect: Effect, place: str, what: str, affects: str = "") -> Change:
        return Change(effect, self.operation, place, what, affects)

    def keyword(self, keyword: str, old: Any, new: Any, place: str) -> Iterator[Change]:
        if keyword in CHOICES and _ABSENT not in (old, new):
            yield from self.choices(keyword, old, new, place)
        elif keyword == "enum":
            yield from self.values(old, new, place)
        elif keyword in _UPPER or keyword in _LOWER:
            yield self.limit(keyword, old, new, place)
        elif keyword in _FLAGS:
            tighter = (new is True) == _FLAGS[keyword]
            affects = f"providers that send what {keyword}: {_shown(new is True)} forbids"
            yield self.change("breaks" if tighter else "relaxes", place, _moved(keyword, old, new), affects if tighter else "")
        elif new is _ABSENT or (old, new) in _WIDENED or _is_looser(keyword, old, new):
            yield self.change("relaxes", place, _moved(keyword, old, new))
        elif keyword in ("type", "format"):
            yield self.change("breaks", place, _moved(keyword, old, new), f"providers that send something else than {new}")
        else:
            yield self.change("may break", place, _moved(keyword, old, new), "providers that send what only the older document allows")

    def values(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if old is _ABSENT:
            allowed = ", ".join(map(_shown, new))
            yield self.change("breaks", place, f"must be one of {allowed}; it could be anything", "providers that send another value")
        elif new is _ABSENT:
            yield self.change("relaxes", place, "may be any value")
        else:
            for value in (value for value in old if value not in new):
                yield self.change("breaks", place, f"may no longer be {_shown(value)}", f"providers that send {_shown(value)}")
            for value in (value for value in new if value not in old):
                yield self.change("relaxes", place, f"may be {_shown(value)} too")

    def limit(self, keyword: str, old: Any, new: Any, place: str) -> Change:
        unit = _UPPER.get(keyword) or _LOWER[keyword]
        word, sign, crossed = ("at most", 1, "more") if keyword in _UPPER else ("at least", -1, "fewer")
        before = "any number" if old is _ABSENT else str(old)
        if new is _ABSENT:
            return self.change("relaxes", place, f"has no limit of {unit} any more; it was {word} {old}")
        what = f"{word} {new} {unit}; before, {before}"
        if old is not _ABSENT and (old - new) * sign <= 0:
            return self.change("relaxes", place, what)
        noun = place.rpartition(".")[2] if unit == "entries" and "." in place else unit
        return self.change("breaks", place, what, f"providers that send {crossed} than {new} {noun}")

    def members(self, old: dict[str, Any], new: dict[str, Any], needed: set[str], place: str) -> Iterator[Change]:
        for name, before, after in _differing(old, new):
            inner = f"{place}.{name}"
            if after is _ABSENT:
                yield self.change("may break", inner, "is no longer described", "providers that send it and rely on its effect")
            elif before is not _ABSENT:
                yield from self.compare(before, after, inner)
            elif name not in needed:
                yield self.change("relaxes", inner, "is new")
            else:
                yield self.change("informs", inner, "is new")

    def requirements(self, old: set[str], new: set[str], one_sided: set[str], place: str) -> Iterator[Change]:
        """Required members; ``one_sided`` are those that only one of the documents describes."""
        for name in sorted(new - old):
            yield self.change("breaks", f"{place}.{name}", "is now required", "providers that leave it out")
        for name in sorted(old - new):
            yield self.change("relaxes", f"{place}.{name}", "is no longer required")

    def entries(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        yield from self.compare({} if old is _ABSENT else old, {} if new is _ABSENT else new, place)

    def others(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        """Members without a schema of their own."""
        if new is False and old is not False:
            yield self.change("breaks", place, "may have only the named members", "providers that send others")
        elif old is False and new is not False:
            yield self.change("relaxes", place, "may have other members too")
        elif isinstance(old, dict) or isinstance(new, dict):
            yield from self.compare(old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {}, f"{place}.*")

    def choices(self, keyword: str, old: list[Any], new: list[Any], place: str) -> Iterator[Change]:
        for before, after in _paired(old, new):
            name = f"{place}({_named(after if after is not _ABSENT else before)})"
            if before is _ABSENT:
                effect: Effect = "relaxes" if keyword == "anyOf" else "may break"
                yield self.change(effect, name, "is new", "" if effect == "relaxes" else "providers that send what does not fit it")
            elif after is _ABSENT:
                yield self.change("breaks", name, "is gone", "providers that send it")
            else:
                yield from self.compare(before, after, name)


class _Received(_Sent):
    """Compares schemas of what a provider receives: what was unexpected before may break."""

    def keyword(self, keyword: str, old: Any, new: Any, place: str) -> Iterator[Change]:
        if keyword == "enum" or (keyword in CHOICES and _ABSENT not in (old, new)):
            yield from super().keyword(keyword, old, new, place)
        elif keyword in ("type", "format", *CHOICES) and old is not _ABSENT and (new, old) not in _WIDENED:
            yield self.change("may break", place, _moved(keyword, old, new), "providers that read it and expect what it was before")
        elif keyword == "nullable" and new is True:
            yield self.change("may break", place, "may be null", "providers that read it without checking for null")
        else:
            yield self.change("informs", place, _moved(keyword, old, new))

    def values(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if new is _ABSENT:
            yield self.change("may break", place, "may be any value", "providers that read it and expect only the older values")
        elif old is _ABSENT:
            yield self.change("informs", place, f"is one of {', '.join(map(_shown, new))}")
        else:
            for value in (value for value in new if value not in old):
                yield self.change(
                    "may break", place, f"may be {_shown(value)} too", "providers that read it and expect only the older values"
                )
            for value in (value for value in old if value not in new):
                yield self.change("informs", place, f"is no longer {_shown(value)}")

    def members(self, old: dict[str, Any], new: dict[str, Any], needed: set[str], place: str) -> Iterator[Change]:
        for name, before, after in _differing(old, new):
            inner = f"{place}.{name}"
            if after is _ABSENT:
                yield self.change("may break", inner, "is no longer described", "providers that read it")
            elif before is _ABSENT:
                yield self.change("informs", inner, "is new")
            else:
                yield from self.compare(before, after, inner)

    def requirements(self, old: set[str], new: set[str], one_sided: set[str], place: str) -> Iterator[Change]:
        for name in sorted(old - new - one_sided):
            yield self.change("may break", f"{place}.{name}", "may be missing", "providers that read it without checking that it is there")
        for name in sorted(new - old - one_sided):
            yield self.change("informs", f"{place}.{name}", "is always there")

    def entries(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if new is _ABSENT:
            yield self.change("may break", place, "is no longer described", "providers that read it")
        elif old is _ABSENT:
            yield self.change("informs", place, "is described now")
        else:
            yield from self.compare(old, new, place)

    def others(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{place}.*")
        elif isinstance(old, dict):
            yield self.change("may break", f"{place}.*", "is no longer described", "providers that read other members")
        else:
            yield self.change("informs", place, "changes its other members")

    def choices(self, keyword: str, old: list[Any], new: list[Any], place: str) -> Iterator[Change]:
        for before, after in _paired(old, new):
            name = f"{place}({_named(after if after is not _ABSENT else before)})"
            if before is _ABSENT:
                yield self.change("may break", name, "is new", "providers that read it and expect only the older shapes")
            elif after is _ABSENT:
                yield self.change("informs", name, "is gone")
            else:
                yield from self.compare(before, after, name)


def _is_looser(keyword: str, old: Any, new: Any) -> bool:
    """Whether a pattern allows all that the old one did: it has it as an alternative, and is not anchored more."""
    if keyword != "pattern" or not isinstance(old, str) or not isinstance(new, str):
        return False
    core = old.removeprefix("^").removesuffix("$")
    alternatives = new[1:-1] if new.startswith("(") and new.endswith(")") else new
    # Another group would make it hard to say what an alternative is.
    return core in alternatives.split("|") and not any(sign in alternatives for sign in ("(", "^", "$", "\\b", "\\B"))


def _paired(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Alternatives that correspond: equal ones, then the most similar ones; the rest has no counterpart."""
    left, right = list(old), list(new)
    for choice in old:
        # Equal ones, each once: a choice may appear twice.
        if choice in right:
            left.remove(choice)
            right.remove(choice)
    likeness: Callable[[Any, Any], float] = lambda one, other: len(_leaves(one) & _leaves(other)) / len(_leaves(one) | _leaves(other))  # noqa: E731
    while left and right:
        one, other = max(((one, other) for one in left for other in right), key=lambda pair: likeness(*pair))
        if likeness(one, other) < 0.2:
            break
        left.remove(one)
        right.remove(other)
        yield one, other
    yield from ((one, _ABSENT) for one in left)
    yield from ((_ABSENT, other) for other in right)


def _leaves(part: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(part, dict) and part:
        return set().union(*(_leaves(inner, (*path, str(name))) for name, inner in part.items()))
    if isinstance(part, list) and part:
        return set().union(*(_leaves(inner, path) for inner in part))
    return {(*path, json.dumps(part, default=str))}


def _named(choice: Any) -> str:
    """The name of an alternative: the values that a member of it can have."""
    for member in choice.get("properties", {}).values() if isinstance(choice, dict) else ():
        if isinstance(member, dict) and member.get("enum"):
            return "/".join(map(str, member["enum"]))
    return str(choice.get("type", "a choice")) if isinstance(choice, dict) else "a choice"


def _moved(keyword: str, old: Any, new: Any) -> str:
    if new is _ABSENT:
        return f"has no {keyword} any more; it was {_shown(old)}"
    return f"has the {keyword} {_shown(new)}; it {'had none' if old is _ABSENT else 'was ' + _shown(old)}"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, default=str)
