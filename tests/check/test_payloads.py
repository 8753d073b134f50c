"""Payloads checked in a unit test, without HTTP."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_remotelinks import ContractError, check_link, check_submission
from pytest_remotelinks.check.payloads import check_links


def codes(violations):
    return [(violation.code, violation.pointer) for violation in violations]


def test_valid_payload(link):
    """A valid submission, and a valid link, have no violations."""
    assert check_submission({"remoteLinks": [link()], "properties": {"account": "a"}}) == []
    assert check_link(link()) == []


def test_violation_has_place_and_hint(link):
    """A violation has a pointer and a hint."""
    (violation,) = check_submission({"remoteLinks": [link(), link("2", url="<string>")]})
    assert (violation.code, violation.severity, violation.pointer) == ("RL201", "error", "/remoteLinks/1/url")
    assert "URI" in violation.message
    assert "https://" in violation.hint


def test_pointers_of_one_link(link):
    """Pointers of a link alone lead into the link."""
    assert codes(check_link(link(type="x", color="red"))) == [("RL201", "/type"), ("RL206", "/color")]
    assert codes(check_link(5)) == [("RL201", "")]


def test_link_that_is_a_submission_or_list(link):
    """A submission or a list that is checked as a link has one violation, which says what it is and what checks it."""
    (submission,) = check_link({"remoteLinks": [link()]})
    assert (submission.message, submission.hint) == ("this is a submission, and not a remote link", "use check_submission")
    (several,) = check_link([link(), link("2")])
    assert several.message == "this is a list, and not a remote link"
    assert several.hint.startswith("check each remote link of the list")
    assert {(found.code, found.pointer, found.fix) for found in (submission, several)} == {("RL201", "", None)}


def test_empty_submission():
    """A submission without links has nothing to send."""
    (violation,) = check_submission({"remoteLinks": []})
    assert violation.hint == "add a remote link, or send no request"


@pytest.mark.parametrize("payload", [None, [], 5, "", {}, {"remoteLinks": None}, {"remoteLinks": []}, {"remoteLinks": {}}])
def test_invalid_payload_is_reported(payload):
    """A payload that is not a submission is reported."""
    assert [code for code, _ in codes(check_submission(payload))] in (["RL103"], ["RL101"])


def test_text_and_bytes_are_checked_unchanged(link):
    """Text and bytes are checked unchanged."""
    text = '{"remoteLinks": [{"id": "1", "id": "2"}]}'
    assert ("RL112", "/remoteLinks/0/id") in codes(check_submission(text))
    assert check_submission(text) == check_submission(text.encode())
    assert [code for code, _ in codes(check_submission(b"\xff"))] == ["RL101"]
    assert [code for code, _ in codes(check_submission({"remoteLinks": [link(updateSequenceNumber=float("nan"))]}))] == ["RL101"]


def test_contract_and_ignored_rules(link, tmp_path):
    """The contract, the next one and the ignored rules are those of the arguments."""
    many = {"remoteLinks": [link(str(number)) for number in range(101)]}
    assert codes(check_submission(many)) == [("RL108", "/remoteLinks")]
    assert codes(check_submission(many, "2023-06")) == [("RL901", "/remoteLinks")]
    assert check_submission(many, "2023-06", ignore="RL9") == []
    assert check_submission(many, contract="2023-06", ignore=["RL901"]) == []
    assert codes(check_submission(many, "2023-06", next_contract="2023-06")) == []
    with pytest.raises(ContractError, match="neither a version"):
        check_link(link(), contract=tmp_path / "none.json")
    with pytest.raises(ValueError, match="selects no rule"):
        check_link(link(), ignore="RL999")


def endless():
    value = []
    value.append(value)
    return value


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize("check", [check_submission, check_link, check_links])
@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        (object, TypeError, "type object is not JSON serializable"),
        (lambda: {(1, 2): 3}, TypeError, "keys must be str"),
        (lambda: {1}, TypeError, "type set"),
        (endless, ValueError, "Circular reference"),
        (deep, ValueError, "nested too deep"),
        (lambda: 10**5000, ValueError, "limit"),
    ],
)
def test_value_that_json_lacks(check, made, error, says):
    """A Python value that JSON lacks raises TypeError or ValueError."""
    with pytest.raises(error, match=r"^the payload cannot be sent as JSON: ") as raised:
        check([made()])
    assert says in str(raised.value)
    assert raised.value.__suppress_context__


NO_JSON = [
    "",
    " ",
    '{"id": "1"} {"id": "2"}',
    '{"id": "1"}, {"id": "2"}',
    "}, {",
    "]}",
    '"a',
    "\ufeff{}",
    '{"id": NaN}',
    '[{"id": "1"}]]',
    "\ud800",
]


@pytest.mark.parametrize("text", NO_JSON)
@pytest.mark.parametrize("check", [check_link, check_links, check_submission])
def test_text_that_is_not_json(check, text):
    """A text that is not JSON is RL101, also as a part of a payload."""
    assert codes(check(text)) == [("RL101", "#body")]
    assert codes(check(text.encode("utf-8", "surrogatepass"))) == [("RL101", "#body")]
    assert check(text, ignore="RL101") == []


@given(text=st.text(alphabet='{}[],:"1 \\ab', max_size=12))
def test_part_is_json_or_reported(text):
    """A text is a part of a payload exactly if it is JSON."""
    try:
        json.loads(text)
    except ValueError:
        assert codes(check_link(text)) == codes(check_links(text)) == [("RL101", "#body")]
    else:
        assert "RL101" not in [code for code, _ in codes(check_link(text)) + codes(check_links(text))]


def test_no_network(link, monkeypatch):
    """Checking a payload opens no socket."""

    def refuse(*arguments, **more):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert check_submission({"remoteLinks": [link(url="<string>")]})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "url", "associations", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(links=st.lists(json_values, min_size=1, max_size=3))
def test_link_alone_is_checked_as_in_a_submission(links):
    """A link alone has the violations that it has in a submission."""
    body = json.dumps({"remoteLinks": links})
    together = [(violation.code, violation.pointer) for violation in check_submission(body) if violation.code != "RL204"]
    alone = [
        (code, f"/remoteLinks/{index}{pointer}")
        for index, link in enumerate(links)
        for code, pointer in codes(check_link(json.dumps(link)))
    ]
    assert sorted(together) == sorted(alone)
