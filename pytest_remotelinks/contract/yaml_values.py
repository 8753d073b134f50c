"""YAML read as JSON would be: no tags, nothing executed, no more built than the file is worth.

The values are built from the parser's events, so that nesting, aliases and tags
are refused before anything is made of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

#: Deeper nesting than this is refused.
DEPTH_LIMIT = 200
#: Values and keys, aliases counted as often as they are used, above which a file is refused. The whole of Jira Software's
#: document has under 40,000; this many take half a second.
SIZE_LIMIT = 150_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The words and numbers of YAML 1.2's core schema, as far as JSON has their values.
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OF_ANOTHER_BASE = {"0o": (re.compile(r"0o[0-7]+"), 8), "0x": (re.compile(r"0x[0-9a-fA-F]+"), 16)}
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **{
        spelling: value
        for word, value in (("null", None), ("true", True), ("false", False))
        for spelling in (word, word.capitalize(), word.upper())
    },
}


class NotYAML(ValueError):
    """The text cannot be read as YAML that is JSON in other clothes; the message says why and where."""


@dataclass
class YAMLValue:
    """A value, and by its path the line and column (from 1) at which each part of it starts.

    ``repeated`` are the paths of members that stand more than once in their
    object; the last one counts.
    """

    value: Any
    marks: dict[tuple[str | int, ...], tuple[int, int]]
    repeated: list[tuple[str | int, ...]]


@dataclass
class _Open:
    """A list or object that is still being read."""

    value: Any
    path: tuple[str | int, ...]
    anchor: str | None
    size: int = 1
    key: str | None = None

    def place(self) -> tuple[str | int, ...]:
        return (*self.path, len(self.value) if isinstance(self.value, list) else self.key or "")


def read_yaml(text: str) -> YAMLValue:
    """The value of a YAML text of one document. Raises NotYAML."""
    try:
        return _build(text)
    except yaml.MarkedYAMLError as error:
        where = f" at line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}" if error.problem_mark else ""
        raise NotYAML(f"{error.problem or error.context or 'broken YAML'}{where}") from None
    except yaml.YAMLError as error:
        raise NotYAML(str(error).partition("\n")[0]) from None


def _build(text: str) -> YAMLValue:
    marks: dict[tuple[str | int, ...], tuple[int, int]] = {}
    anchors: dict[str, tuple[Any, int]] = {}
    repeated: dict[tuple[str | int, ...], None] = {}
    stack: list[_Open] = []
    root: list[Any] = []

    def place(value: Any, size: int) -> None:
        """Put a finished value where it belongs."""
        if not stack:
            root.append(value)
            return
        holder = stack[-1]
        holder.size += size
        if holder.size > SIZE_LIMIT:
            raise NotYAML(f"its aliases unfold to more than {SIZE_LIMIT} values")
        if isinstance(holder.value, list):
            holder.value.append(value)
        else:
            holder.value[holder.key] = value
            holder.key = None

    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if count > SIZE_LIMIT:
            raise NotYAML(f"it holds more than {SIZE_LIMIT} values and keys")
        start: Any = event.start_mark
        line, column = start.line + 1, start.column + 1
        where = f"at line {line}, column {column}"
        if isinstance(event, yaml.DocumentStartEvent) and root:
            raise NotYAML(f"a second document starts {where}; give one")
        if not isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            continue
        if tag := getattr(event, "tag", None):
            raise NotYAML(f"the tag {tag!a} stands {where}; write the value without a tag")
        holder = stack[-1] if stack else None
        if holder is not None and isinstance(holder.value, dict) and holder.key is None and isinstance(event, yaml.NodeEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise NotYAML(f"the key {where} is not a text")
            holder.key = event.value
            if event.value in holder.value:
                repeated[holder.place()] = None
            continue
        path = holder.place() if holder else ()
        if isinstance(event, yaml.CollectionEndEvent):
            done = stack.pop()
            if done.anchor is not None:
                anchors[done.anchor] = done.value, done.size
            place(done.value, done.size)
            continue
        marks[path] = line, column
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise NotYAML(f"the alias *{event.anchor} {where} stands inside or before what it names")
            place(*anchors[event.anchor])
        elif isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, where)
            if event.anchor is not None:
                anchors[event.anchor] = value, 1
            place(value, 1)
        else:
            if len(stack) >= DEPTH_LIMIT:
                raise NotYAML(f"lists and objects are nested more than {DEPTH_LIMIT} deep {where}")
            stack.append(_Open([] if isinstance(event, yaml.SequenceStartEvent) else {}, path, event.anchor))
    if not root:
        raise NotYAML("the file is empty")
    return YAMLValue(root[0], marks, list(repeated))


def _scalar(event: yaml.ScalarEvent, where: str) -> Any:
    text: str = event.value
    if event.style:  # in quotes, or a block; of a plain text it is None or empty, by the parser
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NO_NUMBER.fullmatch(text):
        raise NotYAML(f"{text} {where} is a number that JSON does not have")
    of_base, base = _OF_ANOTHER_BASE.get(text[:2], (_INTEGER, 10))
    if of_base.fullmatch(text):
        if len(text) > 30:
            raise NotYAML(f"the number {where} has {len(text)} digits")
        return int(text.removeprefix("0o").removeprefix("0x"), base)
    return float(text) if _NUMBER.fullmatch(text) else text
