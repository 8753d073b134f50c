"""RL2xx: one link."""

from __future__ import annotations

from pytest_remotelinks.rules.rule import ASSUMPTION, DOCUMENT, REFERENCE, REJECTS_LINK, Rule, example, link, submission


def _issues(*keys: str) -> dict[str, object]:
    return {"associationType": "issueKeys", "values": list(keys)}


def _numbered(kind: str, prefix: str, count: int) -> dict[str, object]:
    return {"associationType": kind, "values": [f"{prefix}-{number}" for number in range(1, count + 1)]}


LINK_RULES = (
    Rule(
        "RL201",
        "link-schema",
        "error",
        REJECTS_LINK,
        "A remote link fits the document's schema.",
        "Jira takes the other links of the submission, answers 202, and names this one among the rejected: whoever reads only the status loses it.",
        f"{DOCUMENT}: the schema of a remote link; {REFERENCE}: each link is judged on its own",
        example(submission(link(url="<string>"))),
        example(submission()),
    ),
    Rule(
        "RL202",
        "too-many-associations",
        "error",
        REJECTS_LINK,
        "A link's association values number 500 or fewer in all.",
        "The limit is on all types together, which a schema of each list cannot say.",
        f"{REFERENCE}: the text of an association's values",
        example(submission(link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 101)]))),
        example(submission(link(associations=[_numbered("issueKeys", "SHOP", 400), _numbered("serviceIdOrKeys", "service", 100)]))),
    ),
    Rule(
        "RL203",
        "association-type-twice",
        "error",
        REJECTS_LINK,
        "A link gives each association type once.",
        "There are two types and at most two associations; of a type that stands twice, one list would have to be dropped.",
        f"{REFERENCE}: the text of a link's associations",
        example(submission(link(associations=[_issues("SHOP-1"), _issues("SHOP-2")]))),
        example(submission(link(associations=[_issues("SHOP-1", "SHOP-2")]))),
    ),
    Rule(
        "RL204",
        "id-twice",
        "warning",
        None,
        "A submission names each link id once.",
        "The higher updateSequenceNumber wins, and the other entry is work for nothing. Often two objects share an id by mistake.",
        f"{REFERENCE}: a link is known by its id; that both are judged is {ASSUMPTION}",
        example(submission(link(), link(updateSequenceNumber=2))),
        example(submission(link(), link(id="alert-2"))),
    ),
    Rule(
        "RL205",
        "loose-issue-key",
        "error",
        None,
        "An issue key matches its pattern as a whole, not just in part.",
        "The newer document's pattern is not anchored, so a schema lets a sentence pass that only holds a key. No issue has that key, and the link is shown nowhere.",
        f"{DOCUMENT} of 2026-06: the pattern of an issue association's values",
        example(submission(link(associations=[_issues("see SHOP-1")]))),
        example(submission(link(associations=[_issues("SHOP-1")]))),
    ),
    Rule(
        "RL206",
        "unknown-member",
        "warning",
        None,
        "Objects have only members that the schema names.",
        "Jira takes the member and shows it nowhere. Usually a name is misspelled, and what it should have set is missing.",
        f"{DOCUMENT}: the schema of a remote link; that such members are taken is {ASSUMPTION}",
        example(submission(link(desciption="The order number reaches the database unescaped."))),
        example(submission(link(description="The order number reaches the database unescaped."))),
    ),
)
