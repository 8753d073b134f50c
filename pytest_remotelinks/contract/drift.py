"""What changed for a provider between two contract documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pytest_remotelinks.contract.document import Document
from pytest_remotelinks.contract.normal_form import normal_form
from pytest_remotelinks.contract.operations import OPERATIONS

Effect = Literal["breaks", "may break", "relaxes", "informs"]
#: What breaks comes first.
EFFECTS: tuple[Effect, ...] = ("breaks", "may break", "relaxes", "informs")
BREAKING: tuple[Effect, ...] = EFFECTS[:2]

_ABSENT: Any = object()


@dataclass(frozen=True)
class Change:
    """One change of the contract.

    ``whom`` says whom it can break, and is empty where it can break nobody.
    ``place`` is where in the operation it stands, in words and names.
    """

    effect: Effect
    operation: str
    place: str
    what: str
    whom: str = ""

    @property
    def is_breaking(self) -> bool:
        """Whether a provider that was right before may be wrong now."""
        return self.effect in BREAKING


def compare(old: Document, new: Document) -> list[Change]:
    """All changes from one document to another, those that break first; prose and order count for nothing."""
    before, after = normal_form(old), normal_form(new)
    changes: list[Change] = []
    for operation in (known.id for known in OPERATIONS):
        if operation in before and operation in after:
            named = list(_operation(operation, before[operation], after[operation]))
            if not named and before[operation] != after[operation]:
                # Rather a change without a name than one that a nightly job never hears of.
                named = [Change("may break", operation, "elsewhere", "differs where this comparison has no words", "whoever relies on it")]
            changes += named
        elif operation in before:
            changes.append(Change("breaks", operation, "operation", "is gone", "whoever calls it"))
        elif operation in after:
            changes.append(Change("relaxes", operation, "operation", "is new"))
    return sorted(changes, key=lambda change: EFFECTS.index(change.effect))


def _operation(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in ("method", "path"):
        if old[name] != new[name]:
            yield Change("breaks", operation, name, f"is {new[name]}; it was {old[name]}", "whoever calls it")
    yield from _parameters(operation, old["parameters"], new["parameters"])
    yield from _body(operation, old["requestBody"] or {}, new["requestBody"] or {})
    yield from _responses(operation, old["responses"], new["responses"])
    yield from _security(operation, old["security"], new["security"])
    if old["connectScope"] != new["connectScope"]:
        yield Change(
            "breaks",
            operation,
            "Connect scope",
            f"is {new['connectScope']}; it was {old['connectScope']}",
            f"a Connect app whose descriptor does not ask for {new['connectScope']}",
        )


def _parameters(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        place = f"parameter {name}"
        if name not in new:
            yield Change("may break", operation, place, "is no longer described", "whoever sends it and counts on its effect")
            continue
        if name not in old:
            if new[name].get("required"):
                yield Change("breaks", operation, place, "is new and required", "whoever does not send it, which is everybody")
            else:
                yield Change("relaxes", operation, place, "is new")
            continue
        before, after = old[name], new[name]
        if bool(before.get("required")) != bool(after.get("required")):
            if after.get("required"):
                yield Change("breaks", operation, place, "is now required", "whoever does not send it")
            else:
                yield Change("relaxes", operation, place, "is no longer required")
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            yield Change("informs", operation, place, "is now deprecated" if after.get("deprecated") else "is no longer deprecated")
        for keyword in ("style", "explode"):
            if before.get(keyword) != after.get(keyword):
                what = f"has the {keyword} {_shown(after.get(keyword))}; it had {_shown(before.get(keyword))}"
                yield Change("breaks", operation, place, what, "whoever sends it as before")
        yield from _Sent(operation).compare(before.get("schema", {}), after.get("schema", {}), place)


def _body(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    if bool(old.get("required")) != bool(new.get("required")):
        if new.get("required"):
            yield Change("breaks", operation, "body", "is now required", "whoever sends none")
        else:
            yield Change("relaxes", operation, "body", "is no longer required")
    before, after = old.get("content", {}), new.get("content", {})
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change("breaks", operation, "body", f"is no longer taken as {name}", f"whoever sends {name}")
        elif name not in before:
            yield Change("relaxes", operation, "body", f"is taken as {name} too")
        else:
            yield from _Sent(operation).compare(before[name].get("schema", {}), after[name].get("schema", {}), "body")


def _responses(operation: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for status in sorted(old.keys() | new.keys()):
        place = f"answer {status}"
        if status not in old:
            yield Change("may break", operation, place, "is new", f"whoever does not expect {status}")
        elif status not in new:
            yield Change("informs", operation, place, "is no longer described")
        else:
            before, after = old[status].get("content", {}), new[status].get("content", {})
            for name in sorted(before.keys() | after.keys()):
                if name not in after:
                    yield Change("may break", operation, place, f"comes no longer as {name}", "whoever reads its body")
                elif name not in before:
                    yield Change("informs", operation, place, f"comes as {name} too")
                else:
                    yield from _Answered(operation).compare(before[name].get("schema", {}), after[name].get("schema", {}), place)


def _security(operation: str, old: list[dict[str, list[str]]], new: list[dict[str, list[str]]]) -> Iterator[Change]:
    if old == new:
        return
    if not old:
        stated = ", or ".join(_requirement(requirement) for requirement in new)
        scopes = sorted({scope for requirement in new for named in requirement.values() for scope in named})
        whom = f"a client with OAuth whose token lacks {', '.join(scopes)}" if scopes else "a client that sends no such credentials"
        yield Change("may break", operation, "security", f"is now stated: {stated}", f"{whom}; not a Connect app that signs as before")
        return
    for requirement in old:
        if requirement in new:
            continue
        same = next((other for other in new if other.keys() == requirement.keys()), None)
        if same is None:
            yield Change("breaks", operation, "security", f"{_requirement(requirement)} is no longer named", "whoever uses it")
            continue
        for scheme, scopes in requirement.items():
            for scope in sorted(set(same[scheme]) - set(scopes)):
                yield Change("breaks", operation, "security", f"{scheme} needs the scope {scope}", f"a token without {scope}")
            for scope in sorted(set(scopes) - set(same[scheme])):
                yield Change("relaxes", operation, "security", f"{scheme} no longer needs the scope {scope}")
    for requirement in new:
        if not any(requirement.keys() == other.keys() for other in old):
            yield Change("relaxes", operation, "security", f"{_requirement(requirement)} is named too")


def _requirement(requirement: dict[str, list[str]]) -> str:
    return " and ".join(f"{scheme} with {', '.join(scopes)}" if scopes else scheme for scheme, scopes in requirement.items()) or "nothing"


#: Limits from above and below: what they count, and how a value breaks them.
_UPPER = {
    "maxLength": "characters", "maxItems": "entries", "maxProperties": "members", "maximum": "as a number",
}  # fmt: skip
_LOWER = {
    "minLength": "characters", "minItems": "entries", "minProperties": "members", "minimum": "as a number",
}  # fmt: skip
_CHOICES = ("anyOf", "oneOf", "allOf")
_FLAGS = {"nullable": False, "uniqueItems": True, "exclusiveMinimum": True, "exclusiveMaximum": True}


class _Sent:
    """Compares schemas of what a provider sends: what is tighter breaks."""

    def __init__(self, operation: str) -> None:
        self.operation = operation

    def compare(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if old == new or not isinstance(old, dict) or not isinstance(new, dict):
            return
        for keyword in sorted((old.keys() | new.keys()) - {"properties", "required", "items", "additionalProperties", "default"}):
            before, after = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
            if before != after:
                yield from self.keyword(keyword, before, after, place)
        yield from self.members(old, new, place)
        if "items" in old or "items" in new:
            yield from self.compare(old.get("items", {}), new.get("items", {}), f"{place}[]")
        yield from self.others(old.get("additionalProperties", True), new.get("additionalProperties", True), place)
        if old.get("default") != new.get("default"):
            yield self.change("informs", place, f"is {_shown(new.get('default'))} by default; it was {_shown(old.get('default'))}")

    def change(self, effect: Effect, place: str, what: str, whom: str = "") -> Change:
        return Change(effect, self.operation, place, what, whom)

    def keyword(self, keyword: str, old: Any, new: Any, place: str) -> Iterator[Change]:
        if keyword in _CHOICES and _ABSENT not in (old, new):
            yield from self.choices(keyword, old, new, place)
        elif keyword == "enum":
            yield from self.values(old, new, place)
        elif keyword in _UPPER or keyword in _LOWER:
            yield self.limit(keyword, old, new, place)
        elif keyword in _FLAGS:
            tighter = (new is True) == _FLAGS[keyword]
            whom = f"whoever sends there what {keyword}: {_shown(new)} forbids"
            yield self.change("breaks" if tighter else "relaxes", place, _moved(keyword, old, new), whom if tighter else "")
        elif new is _ABSENT or (keyword == "type" and (old, new) == ("integer", "number")) or _is_looser(keyword, old, new):
            yield self.change("relaxes", place, _moved(keyword, old, new))
        elif keyword in ("type", "format"):
            yield self.change("breaks", place, _moved(keyword, old, new), f"whoever sends there what is no {new}")
        else:
            yield self.change("may break", place, _moved(keyword, old, new), "whoever sends there what only the older document allows")

    def values(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if old is _ABSENT:
            allowed = ", ".join(map(_shown, new))
            yield self.change("breaks", place, f"must be one of {allowed}; it could be anything", "whoever sends another value")
        elif new is _ABSENT:
            yield self.change("relaxes", place, "may be any value")
        else:
            for value in (value for value in old if value not in new):
                yield self.change("breaks", place, f"may no longer be {_shown(value)}", f"whoever sends {_shown(value)}")
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
        noun = "links in one request" if place == "body.remoteLinks" and unit == "entries" else f"{unit} there"
        return self.change("breaks", place, what, f"whoever sends {crossed} than {new} {noun}")

    def members(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys() | needed | needed_now):
            inner = f"{place}.{name}"
            if name in needed_now - needed:
                yield self.change("breaks", inner, "is now required", "whoever leaves it out")
            elif name in needed - needed_now:
                yield self.change("relaxes", inner, "is no longer required")
            if name in before and name not in after:
                yield self.change("may break", inner, "is no longer described", "whoever sends it and counts on its effect")
            elif name in after and name not in before:
                if name not in needed_now:
                    yield self.change("relaxes", inner, "is new")
            elif name in before:
                yield from self.compare(before[name], after[name], inner)

    def others(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        """Members that are not named."""
        if new is False and old is not False:
            yield self.change("breaks", place, "may hold only the named members", "whoever sends others")
        elif old is False and new is not False:
            yield self.change("relaxes", place, "may hold other members too")
        elif isinstance(old, dict) or isinstance(new, dict):
            yield from self.compare(old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {}, f"{place}.*")

    def choices(self, keyword: str, old: list[Any], new: list[Any], place: str) -> Iterator[Change]:
        for before, after in _paired(old, new):
            name = f"{place}({_named(after if after is not _ABSENT else before)})"
            if before is _ABSENT:
                effect: Effect = "relaxes" if keyword == "anyOf" else "may break"
                yield self.change(effect, name, "is new", "" if effect == "relaxes" else "whoever sends what it does not fit")
            elif after is _ABSENT:
                effect = "relaxes" if keyword == "allOf" else "breaks"
                yield self.change(effect, name, "is gone", "" if effect == "relaxes" else "whoever sends it")
            else:
                yield from self.compare(before, after, name)


class _Answered(_Sent):
    """Compares schemas of what a provider receives: what was not to be expected before may break."""

    def keyword(self, keyword: str, old: Any, new: Any, place: str) -> Iterator[Change]:
        if keyword in ("type", "enum", *_CHOICES):
            yield from super().keyword(keyword, old, new, place)
        else:
            yield self.change("informs", place, _moved(keyword, old, new))

    def values(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if new is _ABSENT:
            yield self.change("may break", place, "may be any value", "whoever reads it and knows only the older values")
        elif old is _ABSENT:
            yield self.change("informs", place, f"is one of {', '.join(map(_shown, new))}")
        else:
            for value in (value for value in new if value not in old):
                yield self.change("may break", place, f"may be {_shown(value)} too", "whoever reads it and knows only the older values")
            for value in (value for value in old if value not in new):
                yield self.change("informs", place, f"is no longer {_shown(value)}")

    def members(self, old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys()):
            inner = f"{place}.{name}"
            if name not in after:
                yield self.change("may break", inner, "is no longer described", "whoever reads it")
            elif name not in before:
                yield self.change("informs", inner, "is new")
            else:
                if name in needed - needed_now:
                    yield self.change("may break", inner, "may be missing", "whoever reads it without asking whether it is there")
                elif name in needed_now - needed:
                    yield self.change("informs", inner, "is always there")
                yield from self.compare(before[name], after[name], inner)

    def others(self, old: Any, new: Any, place: str) -> Iterator[Change]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self.compare(old, new, f"{place}.*")
        elif old != new:
            yield self.change("informs", place, "says something else of members that are not named")

    def choices(self, keyword: str, old: list[Any], new: list[Any], place: str) -> Iterator[Change]:
        for before, after in _paired(old, new):
            name = f"{place}({_named(after if after is not _ABSENT else before)})"
            if before is _ABSENT:
                yield self.change("may break", name, "is new", "whoever reads it and knows only the older shapes")
            elif after is _ABSENT:
                yield self.change("informs", name, "is gone")
            else:
                yield from self.compare(before, after, name)


def _is_looser(keyword: str, old: Any, new: Any) -> bool:
    """Whether a pattern surely lets through all that the old one did: it has it as an alternative, and is not anchored more."""
    if keyword != "pattern" or not isinstance(old, str) or not isinstance(new, str):
        return False
    core = old.removeprefix("^").removesuffix("$")
    alternatives = new[1:-1] if new.startswith("(") and new.endswith(")") else new
    # Another group would make it hard to say what an alternative is.
    return core in alternatives.split("|") and not any(sign in alternatives for sign in ("(", "^", "$", "\\b", "\\B"))


def _paired(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Alternatives that correspond: equal ones, then those that are most alike; the rest stands alone."""
    left, right = [choice for choice in old if choice not in new], [choice for choice in new if choice not in old]
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
    """What an alternative is called: by the values that a member of it can have."""
    for member in choice.get("properties", {}).values() if isinstance(choice, dict) else ():
        if isinstance(member, dict) and member.get("enum"):
            return "/".join(map(str, member["enum"]))
    return str(choice.get("type", "a choice")) if isinstance(choice, dict) else "a choice"


def _moved(keyword: str, old: Any, new: Any) -> str:
    if new is _ABSENT:
        return f"has no {keyword} any more; it was {_shown(old)}"
    return f"has the {keyword} {_shown(new)}; it {'had none' if old is _ABSENT else 'was ' + _shown(old)}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value, default=str)
