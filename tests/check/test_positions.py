"""The position of a value in a text: found for every part of any JSON, in any layout."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks.check.positions import line_and_column, number_not_in_json, positions_in_json

names = st.text(max_size=4) | st.sampled_from(["a", '"', "\\", "a/b", "~", "é", "{", "]", "\n"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
layouts = st.sampled_from([{}, {"indent": 2}, {"indent": 0}, {"separators": (",", ":")}, {"indent": "\t", "ensure_ascii": False}])


def paths(value, path=()):
    yield path, value
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*path, str(name)))


@given(value=values, layout=layouts, before=st.sampled_from(["", "\n", " \n\t"]))
def test_every_part_is_found(value, layout, before):
    """The position of every part of a JSON value is found."""
    text = before + json.dumps(value, **layout)
    places = positions_in_json(text, [path for path, _ in paths(value)])
    for path, part in paths(value):
        line, column = places[path]
        assert positions_in_json(text, [path]) == {path: (line, column)}
        lines = text.split("\n")
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder(strict=False).raw_decode(rest)[0] == part


def test_position_of_an_absent_part():
    """A part that is not there has the position of its container."""
    text = '{\n "a": [\n  1\n ]\n}'
    wanted = {("a", "7"): (2, 7), ("b", "c"): (1, 1), ("a", "0", "x"): (3, 3), (): (1, 1)}
    assert positions_in_json(text, wanted) == wanted


def test_position_of_a_duplicate_member():
    """The last one of duplicate members counts."""
    text = '{"a": {"b": 1, "c": 2},\n"a": {"c": 3}}'
    assert positions_in_json(text, [("a",), ("a", "b"), ("a", "c")]) == {("a",): (2, 6), ("a", "b"): (2, 6), ("a", "c"): (2, 12)}


def test_many_positions():
    """Many positions are found in one pass."""
    text = json.dumps([{"x" * 100: [number] * 20} for number in range(20_000)], indent=1)
    places = positions_in_json(text, [(str(number), "x" * 100, "19") for number in range(20_000)])
    assert len(set(places.values())) == 20_000


@given(value=values, layout=layouts, data=st.data())
def test_number_not_in_json(value, layout, data):
    """The first number that JSON does not have is found."""
    texts = json.dumps([value, 5.5, "NaN 1e999"], **layout)
    assert number_not_in_json(texts) is None
    bad = data.draw(st.sampled_from(["NaN", "Infinity", "-Infinity", "1e999", "-1E+400"]))
    text = json.dumps([value, "@", value], **layout).replace('"@"', bad)
    place = number_not_in_json(text)
    assert place is not None
    line, column = place
    assert text.split("\n")[line - 1][column - 1 :].startswith(bad)


@given(text=st.text(alphabet="ab\n", max_size=20), data=st.data())
def test_line_and_column(text, data):
    """Lines and columns count from one."""
    index = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, index)
    lines = text.split("\n")
    assert "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]]) == text[:index]
