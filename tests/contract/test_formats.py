"""Dates and URLs: what RFC 3339 and RFC 3986 allow is accepted, and nothing else, by the validator and by the fast path."""

from __future__ import annotations

import json
import re
from ipaddress import IPv6Address

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st
from support.links import a_link

from pytest_remotelinks import check_link
from pytest_remotelinks.contract.document import load_document
from pytest_remotelinks.rules.validators import fast_path_of, validator_of

# What the standards say, written down once more.

DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def is_date_time(text):
    """RFC 3339, 5.6 and 5.7; a leap second is possible where it is 23:59 in UTC."""
    match = DATE_TIME.fullmatch(text)
    if match is None:
        return False
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    sign, ahead_hours, ahead_minutes = match[7], int(match[8] or 0), int(match[9] or 0)
    leap_year = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = {2: 29 if leap_year else 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
    if not (1 <= month <= 12 and 1 <= day <= days and hour <= 23 and minute <= 59 and ahead_hours <= 23 and ahead_minutes <= 59):
        return False
    ahead = (ahead_hours * 60 + ahead_minutes) * (-1 if sign == "-" else 1)
    return second <= 59 or (second == 60 and (hour * 60 + minute - ahead) % (24 * 60) == 24 * 60 - 1)


UNRESERVED, SUB_DELIMS, ESCAPE = r"A-Za-z0-9._~\-", "!$&'()*+,;=", "%[0-9A-Fa-f]{2}"
SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*")
USER, NAME = re.compile(f"(?:[{UNRESERVED}{SUB_DELIMS}:]|{ESCAPE})*"), re.compile(f"(?:[{UNRESERVED}{SUB_DELIMS}]|{ESCAPE})*")
PATH, QUERY = re.compile(f"(?:[{UNRESERVED}{SUB_DELIMS}:@/]|{ESCAPE})*"), re.compile(f"(?:[{UNRESERVED}{SUB_DELIMS}:@/?]|{ESCAPE})*")
FUTURE = re.compile(rf"[vV][0-9A-Fa-f]+\.[{UNRESERVED}{SUB_DELIMS}:]+")


def is_uri(text):
    """RFC 3986, 3: the parts as its appendix B separates them, each with the characters that it may have."""
    before, _, fragment = text.partition("#")
    before, _, query = before.partition("?")
    scheme, colon, rest = before.partition(":")
    if not colon or not SCHEME.fullmatch(scheme) or not QUERY.fullmatch(query) or not QUERY.fullmatch(fragment):
        return False
    if not rest.startswith("//"):
        return bool(PATH.fullmatch(rest))
    authority, slash, path = rest[2:].partition("/")
    return is_authority(authority) and bool(PATH.fullmatch(slash + path))


def is_authority(text):
    user, _, host = text.rpartition("@")
    host = re.sub(r":[0-9]*\Z", "", host)
    if not USER.fullmatch(user):
        return False
    if not host.startswith("["):
        return bool(NAME.fullmatch(host))
    inner = host[1:-1]
    return host.endswith("]") and (bool(FUTURE.fullmatch(inner)) or is_ipv6(inner))


def is_ipv6(text):
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


# Texts near the edges of what is allowed.


def digits(count, *likely):
    return st.sampled_from(likely) | st.integers(0, 10**count - 1).map(lambda number: f"{number:0{count}}")


broken_dates = st.builds(
    "".join,
    st.tuples(
        digits(4, "2026", "0000", "2000", "1900", "2024"), st.just("-"), digits(2, "01", "12", "02", "06"), st.just("-"),
        digits(2, "01", "28", "29", "30", "31"), st.sampled_from("TTTt _"), digits(2, "23", "15", "00", "24"), st.just(":"),
        digits(2, "59", "00", "60"), st.just(":"), digits(2, "60", "59", "00", "61"),
        st.sampled_from(["", "", ".5", ".123456789012345678901", ".", ",5"]),
        st.sampled_from(["Z", "z", "", "+00:00", "-00:00", "-08:00", "+23:59", "-23:59", "+24:00", "+01:60", "+0100", "+01"]),
        st.sampled_from(["", "", "", "", "\n", " ", "\r", "\u2028", "\x00"]),
    ),
)  # fmt: skip
zones = st.sampled_from(["Z", "z", "-00:00", "-08:00", "+01:00", "+23:59", "-23:59"])
dates = broken_dates | st.builds(
    lambda moment, second, zone: f"{moment:%m-%dT%H:%M}".join([f"{moment.year % 3000:04}-", f":{second}{zone}"]),
    st.datetimes() | st.datetimes().map(lambda moment: moment.replace(hour=23, minute=59)),
    st.sampled_from(["00", "59", "60", "60.5", "07.123456789012345678901"]),
    zones,
)
characters = [*"/?#:@[]%~+-.=&'(*a7 \n\t\0\"<>\\^`{|}ä", "\x7f", "\u0661", "\u2028", "\ud800"]
words = ["http", ":", "//", "/", "a.example", "[::1]", "[1:2::]", "[::1.2.3.4]", "[v1.a]", ":80", "%20", "%g0"]
pieces = st.sampled_from(words) | st.sampled_from(characters)
urls = st.builds(
    lambda start, parts: start + "".join(parts), st.sampled_from(["", "https://", "http:", "a:"]), st.lists(pieces, max_size=6)
)


def agree(member, text, allowed):
    """The fast path lets nothing else pass, the validator refuses the rest, and so does what users call."""
    event("allowed" if allowed else "refused")
    link = a_link(**{member: text})
    document = load_document("2026-06")
    assert not fast_path_of(document)({"remoteLinks": [link]}) or allowed
    submit = document.operations[0]
    body = json.dumps({"remoteLinks": [link]}).encode()
    assert [error.path for error in validator_of(document).body_errors(submit, body)] == ([] if allowed else [("remoteLinks", 0, member)])
    assert [(found.code, found.pointer) for found in check_link(link)] == ([] if allowed else [("RL201", f"/{member}")])


@given(text=dates)
@example("2016-12-31T23:59:60Z")
@example("2016-12-31T15:59:60-08:00")
@example("2016-12-31T23:59:60-08:00")
@example("0000-02-29T00:00:00.5-00:00")
@example("2026-01-31T12:00:00Z\n")
def test_date_times_are_those_of_rfc_3339(text):
    """A date is accepted if RFC 3339 allows it."""
    agree("lastUpdated", text, is_date_time(text))


@given(text=urls)
@example("https://scanner.example/\n")
@example("https://scanner.example\n")
@example("https://[::1.2.3.04]/")
def test_urls_are_those_of_rfc_3986(text):
    """A URL is accepted if RFC 3986 allows it as an absolute URI."""
    agree("url", text, is_uri(text))


ACCEPTED = {
    "a leap second": {"lastUpdated": "2016-12-31T23:59:60Z"},
    "a leap second behind UTC": {"lastUpdated": "2016-12-31T15:59:60.25-08:00"},
    "a leap second ahead of UTC": {"lastUpdated": "2017-01-01T00:59:60+01:00"},
    "the year 0": {"lastUpdated": "0000-01-01T00:00:00Z"},
    "small letters": {"lastUpdated": "2026-01-31t12:00:00z"},
    "a long fraction": {"lastUpdated": "2026-01-31T12:00:00.123456789012345678901234567890Z"},
    "an unknown offset": {"lastUpdated": "2026-01-31T12:00:00-00:00"},
    "a far offset": {"lastUpdated": "2026-01-31T12:00:00+23:59"},
}
REFUSED = {
    "a date and a newline": {"lastUpdated": "2026-01-31T12:00:00Z\n"},
    "a leap second at noon": {"lastUpdated": "2016-12-31T12:00:60Z"},
    "a leap second of another zone": {"lastUpdated": "2016-12-31T23:59:60+01:00"},
    "hour 24": {"lastUpdated": "2026-01-31T24:00:00Z"},
    "a space for T": {"lastUpdated": "2026-01-31 12:00:00Z"},
    "29 February": {"lastUpdated": "2026-02-29T12:00:00Z"},
    "no zone": {"lastUpdated": "2026-01-31T12:00:00"},
    "a URL and a newline": {"url": "https://scanner.example/alerts/1\n"},
    "a newline in a URL": {"url": "https://scanner.example/alerts\n/1"},
    "a tab in a URL": {"url": "https://scanner.example/alerts\t/1"},
    "a space in a URL": {"url": "https://scanner.example/alerts 1"},
    "a NUL in a URL": {"url": "https://scanner.example/alerts\0"},
    "a delete in a URL": {"url": "https://scanner.example/alerts\x7f"},
    "an issue key and a newline": {"associations": [{"associationType": "issueKeys", "values": ["ABC-1\n"]}]},
}


@pytest.mark.both_versions
def test_accepted_texts(provider, jira, link):
    """Texts that the standards allow are accepted and stored as they were sent."""
    answer = provider.submit(*(link(name, **members) for name, members in ACCEPTED.items())).json()
    assert answer["acceptedRemoteLinks"] == list(ACCEPTED)
    assert jira.violations == []
    assert {name: jira.link(name)["lastUpdated"] for name in ACCEPTED} == {name: part["lastUpdated"] for name, part in ACCEPTED.items()}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.both_versions
def test_refused_texts(provider, jira, link, name):
    """Texts that the standards forbid reject their link, a newline at the end among them."""
    answer = provider.submit(link(name, **REFUSED[name])).json()
    if "associations" in REFUSED[name] and jira.settings.contract == "2026-06":
        # This document's pattern is not anchored.
        assert answer["unknownAssociations"] == REFUSED[name]["associations"]
        assert [found.code for found in jira.violations] == ["RL205"]
        return
    assert list(answer["rejectedRemoteLinks"]) == [name]
    assert [found.code for found in jira.violations] == ["RL201"]
