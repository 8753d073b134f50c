"""Hints: what is proposed for each kind of mistake, and where the provider has to decide."""

from __future__ import annotations

import pytest

from pytest_remotelinks import check_submission

IN_LINK = "/remoteLinks/0"
TIME = "2026-01-31T12:00:00"


def fixes(payload, version="2026-06"):
    """By code and pointer below the link, each violation's fix as action, pointer and value; its hint where it has none."""
    found = {}
    for violation in check_submission(payload, version, next_contract=version):
        fix = violation.fix
        place = f"{violation.code} {violation.pointer.removeprefix(IN_LINK)}"
        found[place] = violation.hint if fix is None else (fix.action, fix.pointer.removeprefix(IN_LINK), fix.value, fix.safe)
    return found


def keys(*values):
    return {"associations": [{"associationType": "issueKeys", "values": list(values)}]}


@pytest.mark.parametrize(
    ("members", "place", "fix"),
    [
        ({"displayName": "x" * 256}, "RL201 /displayName", ("truncate", "/displayName", 255, True)),
        ({"description": "x" * 256}, "RL201 /description", ("truncate", "/description", 255, True)),
        ({"status": {"appearance": "new", "label": "x" * 256}}, "RL201 /status/label", ("truncate", "/status/label", 255, True)),
        ({"id": 17}, "RL201 /id", ("set", "/id", "17", True)),
        ({"id": 10**30}, "RL201 /id", ("set", "/id", str(10**30), True)),
        ({"schemaVersion": 1.0}, "RL201 /schemaVersion", ("set", "/schemaVersion", "1.0", True)),
        ({"schemaVersion": 1}, "RL201 /schemaVersion", ("set", "/schemaVersion", "1.0", False)),
        ({"updateSequenceNumber": "17"}, "RL201 /updateSequenceNumber", ("set", "/updateSequenceNumber", 17, True)),
        ({"type": "SECURITY"}, "RL201 /type", ("set", "/type", "security", True)),
        ({"type": "bug_report"}, "RL201 /type", ("set", "/type", "bugReport", True)),
        ({"type": " alert\n"}, "RL201 /type", ("strip", "/type", None, True)),
        ({"type": "secruity"}, "RL201 /type", ("set", "/type", "security", False)),
        ({"url": " https://a.example/\n"}, "RL201 /url", ("strip", "/url", None, True)),
        ({"url": "https://a.example/ü b"}, "RL201 /url", ("set", "/url", "https://a.example/%C3%BC%20b", True)),
        ({"lastUpdated": "2026-01-31 12:00:00+0100"}, "RL201 /lastUpdated", ("set", "/lastUpdated", f"{TIME}+01:00", True)),
        ({"lastUpdated": "2026-01-31 12:00:00.5 Z"}, "RL201 /lastUpdated", ("set", "/lastUpdated", f"{TIME}.5Z", True)),
        ({"description": None}, "RL201 /description", ("remove", "/description", None, True)),
        ({"associations": []}, "RL201 /associations", ("remove", "/associations", None, True)),
        (keys("see ABC-1 and ABC-1"), "RL205 /associations/0/values/0", ("set", "/associations/0/values/0", "ABC-1", False)),
        (keys("ABC-1\n"), "RL205 /associations/0/values/0", ("strip", "/associations/0/values/0", None, True)),
        (keys(10001), "RL201 /associations/0/values/0", ("set", "/associations/0/values/0", "10001", False)),
        (
            {"associations": [{"associationType": "issuekeys", "values": ["A-1"]}]},
            "RL201 /associations/0/associationType",
            ("set", "/associations/0/associationType", "issueKeys", True),
        ),
        (
            {"associations": {"associationType": "issueKeys", "values": ["A-1"]}},
            "RL201 /associations",
            ("wrap", "/associations", None, True),
        ),
    ],
)
def test_fix_of_a_link(link, members, place, fix):
    """A value whose meaning is certain has a fix; it is safe if it neither guesses nor loses anything."""
    assert fixes({"remoteLinks": [link(**members)]})[place] == fix


@pytest.mark.parametrize(
    ("members", "place", "says"),
    [
        ({"id": "x" * 256}, "RL201 /id", "sha256"),
        ({"url": "https://a.example/" + "x" * 2000}, "RL201 /url", "a cut one leads elsewhere"),
        ({"url": "<string>"}, "RL201 /url", "https://"),
        ({"url": "https://a.example/{id}"}, "RL201 /url", "https://"),
        ({"url": "https://ü.example/"}, "RL201 /url", "https://"),
        ({"lastUpdated": TIME}, "RL201 /lastUpdated", "with its zone"),
        ({"lastUpdated": 1769860800}, "RL201 /lastUpdated", "with its zone"),
        ({"lastUpdated": "2026-02-30 12:00:00Z"}, "RL201 /lastUpdated", "RFC 3339"),
        ({"updateSequenceNumber": "1.5"}, "RL201 /updateSequenceNumber", "send an integer"),
        ({"updateSequenceNumber": True}, "RL201 /updateSequenceNumber", "send an integer"),
        ({"updateSequenceNumber": 2**63}, "RL201 /updateSequenceNumber", "9223372036854775807"),
        ({"displayName": 1.5}, "RL201 /displayName", "send a string"),
        ({"displayName": None}, "RL201 /displayName", "give it a value"),
        ({"attributeMap": {"a": None}}, "RL201 /attributeMap/a", "leave the member out, or give it a value"),
        ({"type": "incident"}, "RL201 /type", "allowed: document"),
        (keys("SHOP 12"), "RL205 /associations/0/values/0", "as a value of its own"),
        (keys("SHOP-1, SHOP-2"), "RL205 /associations/0/values/0", "as a value of its own"),
        (keys("CVE-2026-1234"), "RL205 /associations/0/values/0", "as a value of its own"),
        (keys("ÄABC-1"), "RL205 /associations/0/values/0", "as a value of its own"),
        (keys("fixes utf-8"), "RL205 /associations/0/values/0", "as a value of its own"),
        (keys(None, "A-1"), "RL201 /associations/0/values/0", "leave the entry out"),
        ({"associations": [{"associationType": "issueKeys", "values": []}]}, "RL201 /associations/0/values", "add an entry"),
        ({"actionIds": [1]}, "RL201 /actionIds/0", 'send "1"'),
        # Renamed, each would be a type that is there already.
        (
            {"associations": [{"associationType": name, "values": ["A-1"]} for name in ("issueKeys", "issuekeys")]},
            "RL201 /associations/1/associationType",
            'send "issueKeys"',
        ),
    ],
)
def test_decision_about_a_link(link, members, place, says):
    """Where nothing mechanical is right, the hint says what to decide."""
    hint = fixes({"remoteLinks": [link(**members)]})[place]
    assert isinstance(hint, str)
    assert says in hint


def without(link, name):
    return {key: value for key, value in link.items() if key != name}


@pytest.mark.parametrize(
    ("wrong", "right", "safe"),
    [
        ("displayname", "displayName", True),
        ("display_name", "displayName", True),
        ("updateSequenceId", "updateSequenceNumber", False),
        ("URL", "url", True),
        ("lastUpdate", "lastUpdated", False),
    ],
)
def test_near_miss_of_a_required_member(link, wrong, right, safe):
    """Both the missing and the unknown member have the same fix."""
    broken = without(link(), right)
    broken[wrong] = link()[right]
    fix = ("rename", f"/{wrong}", right, safe)
    assert fixes({"remoteLinks": [broken]}) == {"RL201 ": fix, f"RL206 /{wrong}": fix}


@pytest.mark.parametrize(
    ("members", "place", "hint"),
    [
        ({"desciption": "x"}, "RL206 /desciption", ("rename", "/desciption", "description", False)),
        ({"Description": "x"}, "RL206 /Description", ("rename", "/Description", "description", True)),
        ({"status": {"appearance": "new", "label": "x", "Label": "y"}}, "RL206 /status/Label", "leave it out, or check its spelling"),
        # Renamed, its value would not fit.
        ({"desciption": 5}, "RL206 /desciption", "rename 'desciption' to 'description'"),
        # One of them only can have the name.
        ({"desciption": "x", "descripion": "y"}, "RL206 /desciption", "leave it out, or check its spelling"),
        ({"description": "x", "desciption": "y"}, "RL206 /desciption", "leave it out, or check its spelling"),
        ({"Properties": {}}, "RL206 /Properties", "leave it out, or check its spelling"),
        ({"properties": {}}, "RL206 /properties", "move it to the top of the submission, where it belongs"),
        ({"label": "x"}, "RL206 /label", "move it to /remoteLinks/*/status, where it belongs"),
        ({"issueKeys": ["A-1"]}, "RL206 /issueKeys", "put its values into the association of the type 'issueKeys' instead"),
        (
            {"service_id_or_keys": ["a"]},
            "RL206 /service_id_or_keys",
            'add {"associationType": "serviceIdOrKeys", "values": […]} to associations instead',
        ),
        ({"severity": "high"}, "RL206 /severity", "leave it out, or check its spelling"),
    ],
)
def test_unknown_member(link, members, place, hint):
    """An unknown member is renamed where it is a near miss and nothing collides, and is named where it belongs."""
    assert fixes({"remoteLinks": [link(**members)]})[place] == hint


def test_issue_keys_of_a_link_without_associations(link):
    """Issue keys that are a member of the link itself are written as an association."""
    broken = {**without(link(), "associations"), "issueKeys": ["A-1"]}
    expected = 'write "associations": [{"associationType": "issueKeys", "values": […]}] instead'
    assert fixes({"remoteLinks": [broken]}) == {"RL206 /issueKeys": expected}


def test_association_with_other_member_names(link):
    """The type and the values of an association are recognised by their values, whatever the members are called."""
    place = "/associations/0"
    found = fixes({"remoteLinks": [link(associations=[{"type": "issueKeys", "keys": ["A-1"]}])]})
    hints = {"type": "rename 'type' to 'associationType'", "keys": "rename 'keys' to 'values'"}
    assert {where: hint for where, hint in found.items() if where.startswith("RL206")} == {
        f"RL206 {place}/{name}": hint for name, hint in hints.items()
    }
    assert found[f"RL201 {place}"] in hints.values()
    one = fixes({"remoteLinks": [link(associations=[{"associationType": "issueKeys", "keys": ["A-1"]}])]})
    assert one[f"RL206 {place}/keys"] == ("rename", f"{place}/keys", "values", False)


def test_member_is_not_moved_onto_another(link):
    """A member is not moved to where one of its name is already, also if only some entries of a list have it."""
    leave = "leave it out, or check its spelling"
    kept = {"associationType": "issueKeys", "values": ["A-1"], "type": "x"}
    assert fixes({"remoteLinks": [link(associations=[kept])]})["RL206 /associations/0/type"] == leave
    both = {"remoteLinks": [link(properties={})], "properties": {}}
    assert fixes(both)["RL206 /properties"] == leave
    first = {"remoteLinks": [link(description="x"), link("2", status={"appearance": "new", "label": "x", "description": "y"})]}
    assert fixes(first)["RL206 /remoteLinks/1/status/description"] == "move it to /remoteLinks/*, where it belongs"


def test_links_under_another_name(link):
    """A list of links is what the submission lacks, whatever it is called."""
    fix = ("rename", "/links", "remoteLinks", False)
    assert fixes({"links": [link()]}) == {"RL103 ": fix, "RL206 /links": fix}
    assert "remoteLinks" not in fixes({"links": [5]})["RL206 /links"]


@pytest.mark.parametrize(("value", "near"), [("red", False), ("remove", True), ("removedd", True), ("blocked", False)])
def test_value_that_is_near(link, value, near):
    """Only a value that is really near is proposed, else the allowed ones are listed."""
    (hint,) = fixes({"remoteLinks": [link(status={"appearance": value, "label": "x"})]}).values()
    assert isinstance(hint, tuple) is near
    assert near or hint.startswith("allowed: ")


def test_envelope(link):
    """A misspelled list, a link without its envelope, a list of links and a link instead of a list are fixed as a whole."""
    wrap = ("wrap", "", "remoteLinks", True)
    assert fixes(link()) == {"RL103 ": wrap}
    assert fixes([link(), link("2")]) == {"RL103 ": wrap}
    rename = ("rename", "/remote_links", "remoteLinks", True)
    assert fixes({"remote_links": [link()]}) == {"RL103 ": rename, "RL206 /remote_links": rename}
    assert fixes({"remoteLinks": link()}) == {"RL103 /remoteLinks": ("wrap", "/remoteLinks", None, True)}
    # What is wrong in the links would be reported next.
    assert fixes(link(type="x")) == {"RL103 ": 'put it into {"remoteLinks": […]}'}
    assert fixes({"remote_links": [link(type="x")]})["RL103 "] == "rename 'remote_links' to 'remoteLinks'"


def test_ids_that_would_collide(link):
    """Two numbers, or a number and a text, are not made the same id."""
    found = fixes({"remoteLinks": [link(id=5), link(id=5)]})
    assert found["RL201 /id"] == 'send "5", if no other remote link of the submission has this id'
    assert isinstance(fixes({"remoteLinks": [link(id=5), link(id="5")]})["RL201 /id"], str)


def test_property_keys(link):
    """A property key is renamed to what breaks neither rule, unless another property has that key or would get it."""

    def found(*names):
        return fixes({"remoteLinks": [link()], "properties": dict.fromkeys(names, "x")})

    assert found("_a:b") == dict.fromkeys(
        ("RL301 /properties/_a:b", "RL302 /properties/_a:b"), ("rename", "/properties/_a:b", "a.b", False)
    )
    for names in (("a:b", "a.b"), ("_x", "x"), ("a:b", "_a:b"), ("_",), ("__",)):
        assert all(isinstance(hint, str) for hint in found(*names).values())


def test_property_values(link):
    """A number is a property's value in quotes."""
    found = fixes({"remoteLinks": [link()], "properties": {"a": 1234, "b": True, "c": None, "d": "x" * 256}})
    assert found.pop("RL103 /properties/a") == ("set", "/properties/a", "1234", True)
    assert len(found) == 3
    assert all(isinstance(hint, str) for hint in found.values())
    secret = check_submission({"remoteLinks": [link()], "properties": {"token": 1234567}})[0]
    assert "1234567" not in secret.hint + repr(secret.fix)


@pytest.mark.parametrize("value", ["ABC-1\n", " ABC-1", "fixes ABC-1"])
def test_older_pattern(link, value):
    """The older contract's anchored pattern has the same hints."""
    found = fixes({"remoteLinks": [link(**keys(value))]}, "2023-06")["RL201 /associations/0/values/0"]
    assert found[:2] == ("strip" if value.strip() == "ABC-1" else "set", "/associations/0/values/0")
