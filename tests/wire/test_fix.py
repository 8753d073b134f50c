"""A fix: applied to JSON, applied to a request, and in words."""

from __future__ import annotations

import copy

import pytest

from pytest_remotelinks.wire.fix import Fix, fixed_request
from pytest_remotelinks.wire.headers import Headers
from pytest_remotelinks.wire.request import Request

PAYLOAD = {"links": [{"id": "1", "nmae": " long text ", "a/b": None}], "x": 1}


@pytest.mark.parametrize(
    ("fix", "link"),
    [
        (Fix("set", 5, "/links/0/id"), {"id": 5, "nmae": " long text ", "a/b": None}),
        (Fix("set", 5, "/links/0/new"), {"id": "1", "nmae": " long text ", "a/b": None, "new": 5}),
        (Fix("remove", None, "/links/0/a~1b"), {"id": "1", "nmae": " long text "}),
        (Fix("rename", "name", "/links/0/nmae"), {"id": "1", "name": " long text ", "a/b": None}),
        (Fix("truncate", 3, "/links/0/nmae"), {"id": "1", "nmae": " lo", "a/b": None}),
        (Fix("strip", None, "/links/0/nmae"), {"id": "1", "nmae": "long text", "a/b": None}),
        (Fix("wrap", None, "/links/0/id"), {"id": ["1"], "nmae": " long text ", "a/b": None}),
        (Fix("set", [], "/links/0"), []),
    ],
)
def test_fix_of_a_member(fix, link):
    """Each action changes one place; order stays, and so does the given payload."""
    before = copy.deepcopy(PAYLOAD)
    fixed = fix.apply(PAYLOAD)
    assert fixed == {"links": [link], "x": 1}
    assert list(fixed["links"][0]) == list(link)
    assert before == PAYLOAD


def test_fix_of_the_whole():
    """The whole payload can be wrapped, as a list or as the entry of one, and an entry of a list can be removed."""
    assert Fix("wrap", "links").apply({"id": "1"}) == {"links": [{"id": "1"}]}
    assert Fix("wrap", "links").apply([1]) == {"links": [1]}
    assert Fix("remove", None, "/1").apply([1, 2, 3]) == [1, 3]


@pytest.mark.parametrize(
    "fix",
    [
        Fix("rename", "x", "/links"),
        Fix("rename", "y", "/none"),
        Fix("remove", None, "/links/1"),
        Fix("remove", None, "/links/one"),
        Fix("set", 1, "/none/id"),
        Fix("strip", None, "/x"),
        Fix("truncate", 1, "/links"),
        Fix("remove"),
        Fix("rename", "y", "/links/0"),
        Fix("set", "application/json", "#header/Content-Type"),
    ],
)
def test_fix_that_does_not_apply(fix):
    """A change that would lose a member, or that has no place, raises ValueError."""
    with pytest.raises(ValueError, match=r"^there is nothing to "):
        fix.apply(PAYLOAD)


REQUEST = Request("PUT", "/a/b?x=1&y%5B=%20&x=2", Headers([("Authorization", "JWT x"), ("content-type", "text/plain")]), b'{"a": 1}', 8)


@pytest.mark.parametrize(
    ("fix", "target"),
    [
        (Fix("set", "/c", "#path"), "/c?x=1&y%5B=%20&x=2"),
        (Fix("set", "z=1", "#query"), "/a/b?z=1"),
        (Fix("set", "a b", "#query/y["), "/a/b?x=1&y%5B=a%20b&x=2"),
        (Fix("rename", "z/", "#query/x"), "/a/b?z%2F=1&y%5B=%20&z%2F=2"),
        (Fix("remove", None, "#query/x"), "/a/b?y%5B=%20"),
    ],
)
def test_fix_of_a_target(fix, target):
    """Path and query change where the fix says, and stay as they were sent elsewhere."""
    assert fixed_request(REQUEST, fix).target == target


def test_fix_of_method_headers_and_body():
    """A fix reaches each part of a request."""
    assert fixed_request(REQUEST, Fix("set", "GET", "#method")).method == "GET"
    sent = fixed_request(REQUEST, Fix("set", "application/json", "#header/Content-Type")).headers
    assert sent.pairs == (("Authorization", "JWT x"), ("Content-Type", "application/json"))
    assert list(fixed_request(REQUEST, Fix("remove", None, "#header/authorization")).headers) == ["content-type"]
    assert fixed_request(REQUEST, Fix("rename", "X", "#header/authorization")).headers["X"] == "JWT x"
    assert fixed_request(REQUEST, Fix("rename", "b", "/a")).json == {"b": 1}
    with pytest.raises(ValueError):
        fixed_request(REQUEST, Fix("strip", None, "#header/Authorization"))
    with pytest.raises(ValueError):
        fixed_request(REQUEST, Fix("remove", None, "#path"))


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        (Fix("set", "alert", "/type", note="allowed: alert"), "send \"alert\"; allowed: alert"),
        (Fix("set", "application/json", "#header/Content-Type"), "send 'Content-Type: application/json'"),
        (Fix("set", "JWT secret", "#header/Authorization"), "send 'Authorization: JWT ***'"),
        (Fix("set", "/a%20b", "#path"), "send '/a%20b'"),
        (Fix("remove", None, "/a/b~1c"), "leave 'b/c' out"),
        (Fix("rename", "name", "/nmae"), "rename 'nmae' to 'name'"),
        (Fix("truncate", 255, "/x"), "cut it to 255 characters"),
        (Fix("strip", None, "/x"), "remove the white space around it"),
        (Fix("wrap", None, "/x"), "put it into a list"),
        (Fix("wrap", "links"), 'put it into {"links": […]}'),
    ],
)  # fmt: skip
def test_words_of_a_fix(fix, words):
    """A fix says what it does."""
    assert str(fix) == words


def test_fix_redacts_secrets():
    """A secret value appears neither in the words nor in the repr."""
    for fix in (Fix("set", "secret-1").at("/properties/token"), Fix("set", "JWT secret-1").at("#header/Authorization")):
        assert "secret-1" in fix.value
        assert "secret-1" not in f"{fix} {fix!r}"
