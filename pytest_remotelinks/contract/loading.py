"""Read files of a bounded size: JSON, or YAML without anything that JSON lacks. Nothing is fetched or executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from pytest_remotelinks.wire.text import printable

#: A node of PyYAML, which is imported only for YAML.
_Node = Any

#: Bytes above which a file is not read; the whole of Jira Software's document has a tenth of it.
FILE_LIMIT = 10 * 1024 * 1024
#: Values of a YAML file, those of aliases counted at each use; the whole of Jira Software's document has under 40,000.
YAML_LIMIT = 150_000

# The words and numbers of YAML 1.2's core schema, as far as JSON has their values.
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_OF_ANOTHER_BASE = {"0o": (re.compile(r"0o[0-7]+"), 8), "0x": (re.compile(r"0x[0-9a-fA-F]+"), 16)}
_NOT_IN_JSON = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **{
        spelling: value
        for word, value in (("null", None), ("true", True), ("false", False))
        for spelling in (word, word.capitalize(), word.upper())
    },
}


class Unreadable(ValueError):
    """A file cannot be used; the message says why, without the file's name."""


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises Unreadable."""
    try:
        size = path.stat().st_size
        if size > FILE_LIMIT:
            raise Unreadable(f"it has {size / 2**20:.0f} MiB; at most {FILE_LIMIT // 2**20} are read")
        with path.open("rb") as file:
            return read_stream(file)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None


def read_stream(stream: BinaryIO) -> bytes:
    """What a stream holds. Raises Unreadable where that is too much, or cannot be read."""
    try:
        content = stream.read(FILE_LIMIT + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None
    if len(content) > FILE_LIMIT:
        raise Unreadable(f"it has more than {FILE_LIMIT // 2**20} MiB")
    return content


def decoded(content: bytes) -> str:
    """The text of a file, without a byte order mark. Raises Unreadable."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start} is not UTF-8") from None


def parse(content: bytes, suffix: str = "") -> Any:
    """The value of a JSON or YAML file; ``suffix`` is how its name ends. Raises Unreadable.

    What starts like JSON is read as JSON, and as YAML only if the name says so.
    """
    return parse_with_format(content, suffix)[0]


def parse_with_format(content: bytes, suffix: str = "") -> tuple[Any, bool]:
    """The value of a JSON or YAML file, and whether it is JSON. Otherwise like ``parse``."""
    text = decoded(content)
    if looks_like_json(text):
        try:
            return json.loads(text), True
        except json.JSONDecodeError as error:
            if suffix.lower() not in (".yaml", ".yml"):
                raise Unreadable(f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
        except (ValueError, RecursionError):
            raise Unreadable("it is not JSON that can be read: numbers are too long or nesting is too deep") from None
    return read_yaml(text).value, False


def read_yaml(text: str) -> YAMLValue:
    """The value of a YAML text. Raises Unreadable."""
    # It takes 30 ms to import, and most documents are JSON.
    import yaml

    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        if root is None:
            raise Unreadable("the file is empty")
        return YAMLValue(root)
    except yaml.MarkedYAMLError as error:
        problem = ", ".join(filter(None, (error.context, error.problem)))
        where = f" {_place(error.problem_mark)}" if error.problem_mark else ""
        raise Unreadable(f"it is not YAML: {problem}{where}") from None
    except yaml.YAMLError as error:
        raise Unreadable(f"it is not YAML: {str(error).partition(chr(10))[0]}") from None
    except RecursionError:
        raise Unreadable("its lists and objects are nested too deep") from None


class YAMLValue:
    """The value of a YAML text, and where its parts are.

    An alias is the node that it names, and each node is read once.
    """

    def __init__(self, root: _Node) -> None:
        self._root = root
        self._known: dict[_Node, tuple[Any, int]] = {}
        self._open: set[_Node] = set()
        #: Paths of members that appear more than once in their object; the last one counts.
        self.repeated: list[tuple[str | int, ...]] = []
        self.value, _ = self._read(root, ())

    def position(self, path: Iterable[str]) -> tuple[int, int]:
        """Line and column, from 1, of the value at a path; of its nearest container where it is not there."""
        node = self._root
        for step in path:
            if node.id == "mapping":
                inner = next((value for key, value in reversed(node.value) if key.value == step), None)
            else:
                inner = node.value[int(step)] if node.id == "sequence" and step.isdecimal() and int(step) < len(node.value) else None
            if inner is None:
                break
            node = inner
        return node.start_mark.line + 1, node.start_mark.column + 1

    def _read(self, node: _Node, path: tuple[str | int, ...]) -> tuple[Any, int]:
        """The node's value, and how many values it holds."""
        if node in self._open:
            raise Unreadable(f"the alias in what it names, {_place(node.start_mark)}, has no end")
        if node not in self._known:
            self._open.add(node)
            if node.id == "scalar":
                self._known[node] = _scalar(node), 1
            elif node.id == "sequence":
                read = [self._read(inner, (*path, index)) for index, inner in enumerate(node.value)]
                self._known[node] = [value for value, _ in read], 1 + sum(size for _, size in read)
            else:
                self._known[node] = self._members(node, path)
            self._open.remove(node)
            if self._known[node][1] > YAML_LIMIT:
                raise Unreadable(f"it holds more than {YAML_LIMIT} values, those of aliases counted at each use")
        return self._known[node]

    def _members(self, node: _Node, path: tuple[str | int, ...]) -> tuple[dict[str, Any], int]:
        members: dict[str, Any] = {}
        total = 1
        for key, inner in node.value:
            if key.id != "scalar":
                raise Unreadable(f"the key {_place(key.start_mark)} is not a text")
            if key.value in members and (*path, key.value) not in self.repeated:
                self.repeated.append((*path, key.value))
            members[key.value], size = self._read(inner, (*path, key.value))
            total += size
        return members, total


def _scalar(node: _Node) -> Any:
    text: str = node.value
    if node.style:  # in quotes, or a block
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_IN_JSON.fullmatch(text):
        raise Unreadable(f"JSON has no such number as {text} {_place(node.start_mark)}")
    of_base, base = _OF_ANOTHER_BASE.get(text[:2], (_INTEGER, 10))
    if of_base.fullmatch(text):
        if len(text) > 30:
            raise Unreadable(f"the number {_place(node.start_mark)} has {len(text)} digits")
        return int(text.removeprefix("0o").removeprefix("0x"), base)
    return float(text) if _NUMBER.fullmatch(text) else text


def _place(mark: Any) -> str:
    return f"at line {mark.line + 1}, column {mark.column + 1}"


def looks_like_json(text: str) -> bool:
    """Whether a text starts as a JSON object or list does."""
    return text.lstrip()[:1] in ("{", "[")


def is_there(path: Path) -> bool:
    """Whether the path exists; no path makes this fail."""
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, a folder that must not be entered, a NUL
        return False


def is_file(path: Path) -> bool:
    """Whether the path is a file; no path makes this fail."""
    return is_there(path) and path.is_file()


def shortened(name: str) -> str:
    """A file's name, short enough for a message."""
    return printable(name if len(name) <= 200 else f"{name[:200]}…", keep="")
