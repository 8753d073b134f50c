"""Options, ini values, the fixture and the marker: which wins, and what is said of a wrong one."""

from __future__ import annotations

import pytest

SHOW = """
def test_it(fake_jira):
    settings = fake_jira.settings
    print("SETTINGS", settings.contract, settings.consistency, settings.strict, ",".join(settings.ignore) or "-")
"""
BY_FIXTURE = "import pytest\n@pytest.fixture(scope='session')\ndef remotelinks_settings():\n    return {}\n"


def shown(project, *args):
    result = project.runpytest_subprocess("-s", *args)
    result.assert_outcomes(passed=1)
    return next(line for line in result.stdout.lines if "SETTINGS" in line).split("SETTINGS ")[1]


def test_the_defaults(project):
    project.makepyfile(test_it=SHOW)
    assert shown(project) == "2026-06 after-reads:1 True -"


def test_options_set_everything(project):
    project.makepyfile(test_it=SHOW)
    options = [
        "--remotelinks-contract=2023-06",
        "--remotelinks-consistency=manual",
        "--no-remotelinks-strict",
        "--remotelinks-ignore=RL2,RL301",
    ]
    assert shown(project, *options) == "2023-06 manual False RL2,RL301"


def test_ini_values_set_everything(project):
    project.makepyfile(test_it=SHOW)
    project.makeini(
        "[pytest]\naddopts = -p no:randomly\nremotelinks_contract = 2023-06\nremotelinks_consistency = after-reads:3\n"
        "remotelinks_strict = false\nremotelinks_ignore = RL2 RL301\n"
    )
    assert shown(project) == "2023-06 after-reads:3 False RL2,RL301"


def test_the_fixture_sets_defaults(project):
    project.makepyfile(test_it=SHOW)
    project.makeconftest(BY_FIXTURE.replace("{}", "{'contract': '2023-06', 'ignore': ['RL206'], 'strict': False}"))
    assert shown(project) == "2023-06 after-reads:1 False RL206"


def test_an_ini_value_wins_over_the_fixture_an_option_over_that_and_the_marker_over_all(project):
    project.makepyfile(test_it=SHOW)
    project.makeconftest(BY_FIXTURE.replace("{}", "{'consistency': 'after-reads:5'}"))
    assert shown(project).split()[1] == "after-reads:5"
    project.makeini("[pytest]\naddopts = -p no:randomly\nremotelinks_consistency = after-reads:6\nremotelinks_strict = false\n")
    assert shown(project).split()[1:3] == ["after-reads:6", "False"]
    assert shown(project, "--remotelinks-consistency=after-reads:7", "--remotelinks-strict").split()[1:3] == ["after-reads:7", "True"]
    project.makepyfile(test_it="import pytest\n@pytest.mark.remotelinks(consistency='manual')" + SHOW)
    assert shown(project, "--remotelinks-consistency=after-reads:7").split()[1] == "manual"


def test_the_marker_nearest_the_test_wins(project):
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
        (["--remotelinks-ignore=RL999"], "ignore: 'RL999' covers no rule*"),
        (["--remotelinks-ignore=spelling"], "ignore: 'spelling' covers no rule*"),
    ],
)
def test_a_wrong_option_is_a_usage_error_of_one_line(project, options, says):
    project.makepyfile(test_it=SHOW)
    result = project.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{says}"])
    assert len([line for line in result.stderr.lines if line.strip()]) == 1


@pytest.mark.parametrize("workers", [[], ["-n", "2", "-p", "xdist"]], ids=["alone", "xdist"])
@pytest.mark.parametrize(
    ("marker", "says"),
    [
        ("consistency='sometimes'", "*consistency 'sometimes' is unknown*"),
        (
            "speed=3",
            "*there is no setting 'speed'; the settings are contract, consistency, strict, ignore, next_contract, app, shared_secret",
        ),
        ("'2023-06'", "*there is no setting \"'2023-06'\"; the settings are contract, *"),
        ("contract=5", "*contract must be one of*"),
        ("strict='no'", "*strict must be True or False, not 'no'"),
        ("ignore=[5]", "*ignore: 5 is no rule code*"),
    ],
)
def test_a_wrong_marker_argument_is_a_usage_error_without_a_traceback(project, marker, says, workers):
    project.makepyfile(test_it=f"import pytest\n@pytest.mark.remotelinks({marker})\n{SHOW.strip()}\n")
    if workers:
        project.makeini("[pytest]\naddopts = -p no:randomly\n")
    result = project.runpytest_subprocess(*workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    assert "Traceback" not in output
    assert "INTERNALERROR" not in output
    # pytest-xdist's controller has nothing but its summary to say it in.
    (result.stdout if workers else result.stderr).fnmatch_lines([f"ERROR: test_it.py::test_it: {says}"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("{'colour': 1}", "there is no setting 'colour'*"),
        ("{'contract': 'x.json'}", "contract 'x.json' is neither*"),
        ("5", "*remotelinks_settings*"),
    ],
)
def test_a_wrong_settings_fixture_is_told_in_one_line(project, settings, says):
    project.makepyfile(test_it=SHOW)
    project.makeconftest(BY_FIXTURE.replace("{}", settings))
    result = project.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*the fake Jira cannot be set up: *{says}"])
    assert "Traceback" not in result.stdout.str()


def test_an_unreadable_contract_is_told_in_one_line(project):
    project.makepyfile(test_it=SHOW)
    (project.path / "contract.json").write_text("{}")
    result = project.runpytest_subprocess("--remotelinks-contract=contract.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [
        "ERROR: contract contract.json: the file is not an OpenAPI document: it has no 'openapi' that gives a version as text"
    ]


MANY = """
from provider import LINK, submit

def test_it(fake_jira):
    links = [{**LINK, "id": str(number)} for number in range(101)]
    assert submit(fake_jira, {"remoteLinks": links}) == 202
"""


@pytest.mark.parametrize(
    ("options", "ini", "marker"),
    [
        (["--remotelinks-next-contract=2026-06"], "", ""),
        ([], "remotelinks_next_contract = 2026-06", ""),
        ([], "", "next_contract='2026-06'"),
    ],
)
def test_what_a_newer_contract_will_refuse_is_a_warning(project, options, ini, marker):
    project.makeini(f"[pytest]\naddopts = -p no:randomly\nremotelinks_contract = 2023-06\n{ini}\n")
    project.makepyfile(test_it=MANY.replace("def test", f"import pytest\n@pytest.mark.remotelinks({marker})\ndef test"))
    result = project.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*RemoteLinksWarning: RL901*2026-06*RL108*"])


def test_a_newer_contract_of_ones_own_may_stand_beside_the_ini_file(project):
    project.makeini("[pytest]\naddopts = -p no:randomly\nremotelinks_next_contract = published.json\n")
    (project.path / "published.json").write_text("{}")
    (project.path / "tests").mkdir()
    (project.path / "tests" / "test_it.py").write_text(SHOW)
    result = project.runpytest_subprocess("tests")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: contract *published.json: the file is not an OpenAPI document*"])


def test_the_marker_is_registered_and_the_options_are_helped(project):
    project.makepyfile(test_it=f"import pytest\n@pytest.mark.remotelinks(strict=True)\n{SHOW.strip()}\n")
    project.runpytest_subprocess("--strict-markers").assert_outcomes(passed=1)
    project.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.remotelinks(contract=*"])
    project.runpytest_subprocess("--help").stdout.fnmatch_lines(["*--remotelinks-contract=VERSION|FILE*"])
