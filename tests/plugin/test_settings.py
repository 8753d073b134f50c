"""Options, ini values, the fixture and the marker: which wins, and how a wrong one is reported."""

from __future__ import annotations

import inspect

import pytest
from support.project import conftest, ini

from pytest_remotelinks import FakeJira, MakeFakeJira

SHOW = """
def test_it(fake_jira):
    settings = fake_jira.settings
    print("SETTINGS", settings.contract, settings.consistency, settings.strict, ",".join(settings.ignore) or "-")
"""


def shown(project, *args):
    result = project.runpytest("-s", *args)
    result.assert_outcomes(passed=1)
    return next(line for line in result.stdout.lines if "SETTINGS" in line).split("SETTINGS ")[1]


def test_defaults(project):
    """Without settings the defaults apply."""
    project.makepyfile(test_it=SHOW)
    assert shown(project) == "2026-06 after-reads:1 True -"


def test_options(project):
    """Options set contract, consistency, strictness and ignored rules."""
    project.makepyfile(test_it=SHOW)
    options = [
        "--remotelinks-contract=2023-06",
        "--remotelinks-consistency=manual",
        "--no-remotelinks-strict",
        "--remotelinks-ignore=RL2,RL301",
    ]
    assert shown(project, *options) == "2023-06 manual False RL2,RL301"


def test_ini_values(project):
    """Ini values set contract, consistency, strictness and ignored rules."""
    project.makepyfile(test_it=SHOW)
    project.makeini(
        ini(
            "remotelinks_contract = 2023-06",
            "remotelinks_consistency = after-reads:3",
            "remotelinks_strict = false",
            "remotelinks_ignore = RL2 RL301",
        )
    )
    assert shown(project) == "2023-06 after-reads:3 False RL2,RL301"


def test_settings_fixture(project):
    """The fixture remotelinks_settings sets the defaults of a project."""
    project.makepyfile(test_it=SHOW)
    project.makeconftest(conftest({"contract": "2023-06", "ignore": ["RL206"], "strict": False}))
    assert shown(project) == "2023-06 after-reads:1 False RL206"


def test_precedence(project):
    """An ini value wins over the fixture, an option over that, and the marker over all."""
    project.makepyfile(test_it=SHOW)
    project.makeconftest(conftest({"consistency": "after-reads:5"}))
    assert shown(project).split()[1] == "after-reads:5"
    project.makeini(ini("remotelinks_consistency = after-reads:6", "remotelinks_strict = false"))
    assert shown(project).split()[1:3] == ["after-reads:6", "False"]
    assert shown(project, "--remotelinks-consistency=after-reads:7", "--remotelinks-strict").split()[1:3] == ["after-reads:7", "True"]
    project.makepyfile(test_it="import pytest\n@pytest.mark.remotelinks(consistency='manual')" + SHOW)
    assert shown(project, "--remotelinks-consistency=after-reads:7").split()[1] == "manual"


def test_nearest_marker(project):
    """The marker nearest the test wins, setting by setting."""
    project.makepyfile(
        test_it=f"""
import pytest
pytestmark = pytest.mark.remotelinks(contract="2023-06", consistency="manual")

@pytest.mark.remotelinks(consistency="immediate")
{SHOW.strip()}
"""
    )
    assert shown(project) == "2023-06 immediate True -"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--remotelinks-contract=2024-01"], "contract '2024-01' is neither one of 2023-06, 2026-06 nor a file"),
        (["--remotelinks-consistency=sometimes"], "consistency 'sometimes' is unknown; use 'immediate'*"),
        (["--remotelinks-consistency=after-reads:-1"], "consistency 'after-reads:-1' is unknown*"),
        (["--remotelinks-ignore=RL999"], "ignore: 'RL999' selects no rule*"),
        (["--remotelinks-ignore=spelling"], "ignore: 'spelling' selects no rule*"),
    ],
)
def test_wrong_option(project, options, says):
    """A wrong option is a usage error in one line."""
    project.makepyfile(test_it=SHOW)
    result = project.runpytest(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{says}"])
    assert len([line for line in result.stderr.lines if line.strip()]) == 1


WRONG_MARKERS = [
    ("consistency='sometimes'", "*consistency 'sometimes' is unknown*"),
    ("speed=3", "*there is no setting 'speed'; the settings are contract, consistency, strict, ignore, *"),
    ("'2023-06'", "*there is no setting \"'2023-06'\"; the settings are contract, *"),
    ("contract=5", "*contract must be one of*"),
    ("strict='no'", "*strict must be True or False, not 'no'"),
    ("ignore=[5]", "*ignore: 5 is *rule code*"),
    ("unmet_faults='never'", "*unmet_faults must be one of error, warn, ignore, not 'never'"),
]


def with_marker(marker):
    return f"import pytest\n@pytest.mark.remotelinks({marker})\n{SHOW.strip()}\n"


@pytest.mark.parametrize(("marker", "says"), WRONG_MARKERS)
def test_wrong_marker(project, marker, says):
    """A wrong argument of a marker is an error of its test, in one line without a traceback."""
    project.makepyfile(test_it=with_marker(marker))
    result = project.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*_ ERROR at setup of test_it _*", f"marker remotelinks: {says}", "ERROR test_it.py::test_it - marker*"])
    assert "Traceback" not in result.stdout.str()


def test_wrong_marker_and_other_tests(project):
    """Wrong markers concern only the tests that have them, also without the fixture, and each is reported at the end."""
    project.makepyfile(
        test_it=with_marker("speed=3")
        + "\n@pytest.mark.remotelinks(strict=3)\n@pytest.mark.parametrize('number', range(2))\ndef test_without(number):\n    pass\n"
        "\n@pytest.mark.remotelinks(strict=False)\ndef test_other(fake_jira):\n    pass\n"
    )
    project.runpytest("-k", "other").assert_outcomes(passed=1, deselected=3)
    result = project.runpytest()
    result.assert_outcomes(passed=1, errors=3)
    names = ("test_it", "test_without[[]0]", "test_without[[]1]")
    result.stdout.fnmatch_lines([f"ERROR test_it.py::{name} - marker remotelinks: *" for name in names])


def test_wrong_marker_under_xdist(project):
    """Under pytest-xdist the error is the same."""
    project.makeini(ini(plugins="-p no:randomly"))
    project.makepyfile(test_it=with_marker("speed=3"))
    result = project.runpytest_subprocess("-n", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ERROR test_it.py::test_it - marker remotelinks: there is no setting 'speed'*"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"colour": 1}, "there is no setting 'colour'*"),
        ({"contract": "x.json"}, "contract 'x.json' is neither*"),
        (5, "*remotelinks_settings*"),
    ],
)
def test_wrong_settings_fixture(project, settings, says):
    """A wrong setting of the fixture is reported in one line."""
    project.makepyfile(test_it=SHOW)
    project.makeconftest(conftest(settings))
    result = project.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*the fake Jira cannot be set up: *{says}"])
    assert "Traceback" not in result.stdout.str()


def test_unreadable_contract(project):
    """A contract that is not an OpenAPI document is a usage error in one line."""
    project.makepyfile(test_it=SHOW)
    (project.path / "contract.json").write_text("{}")
    result = project.runpytest("--remotelinks-contract=contract.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: contract contract.json: the file is not an OpenAPI document: it has no 'openapi' with a version as text"
    ]


MANY = """
from provider import LINK, submit

def test_it(fake_jira):
    links = [{**LINK, "id": str(number)} for number in range(101)]
    assert submit(fake_jira, {"remoteLinks": links}) == 202
"""


@pytest.mark.parametrize(
    ("options", "ini_line", "marker"),
    [
        (["--remotelinks-next-contract=2026-06"], "", ""),
        ([], "remotelinks_next_contract = 2026-06", ""),
        ([], "", "next_contract='2026-06'"),
    ],
)
def test_next_contract(project, options, ini_line, marker):
    """What only a newer contract refuses is a warning."""
    project.makeini(ini("remotelinks_contract = 2023-06", ini_line))
    project.makepyfile(test_it=MANY.replace("def test", f"import pytest\n@pytest.mark.remotelinks({marker})\ndef test"))
    result = project.runpytest(*options)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RemoteLinksWarning: RL901*2026-06*RL108*"])


def test_next_contract_path(project):
    """The path of a newer contract is relative to the ini file."""
    project.makeini(ini("remotelinks_next_contract = published.json"))
    (project.path / "published.json").write_text("{}")
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_it.py").write_text(SHOW)
    result = project.runpytest("tests")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: contract *published.json: the file is not an OpenAPI document*"])


def test_marker_and_help(project):
    """The marker is registered, and --help lists the options."""
    project.makepyfile(test_it=f"import pytest\n@pytest.mark.remotelinks(strict=True)\n{SHOW.strip()}\n")
    project.runpytest("--strict-markers").assert_outcomes(passed=1)
    project.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.remotelinks(contract=*"])
    project.runpytest("--help").stdout.fnmatch_lines(["*--remotelinks-contract=VERSION|FILE*"])


def test_make_fake_jira_signature():
    """The type of make_fake_jira has the arguments of FakeJira, in the same order; None stands for the project's setting."""
    _, *factory = inspect.signature(MakeFakeJira.__call__).parameters.values()
    site = inspect.signature(FakeJira).parameters.values()
    assert [(given.name, given.kind) for given in factory] == [(given.name, given.kind) for given in site]
    assert [given.annotation.removesuffix(" | None") for given in factory] == [given.annotation.removesuffix(" | None") for given in site]
