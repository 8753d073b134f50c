"""The documentation says what the code does: its code blocks run, its pages are generated, its links lead somewhere."""

from __future__ import annotations

import inspect
import pkgutil
import re
import runpy
import shutil
from importlib import import_module
from textwrap import indent
from types import FunctionType

import pytest
from support import project
from support.links import a_link
from support.paths import ROOT

from pytest_remotelinks.rules.catalogue import RULES

#: Classes in the signatures of methods that only the fake calls.
INTERNAL = {"AcceptedWrite", "Listener", "Moment"}


def blocks_of(page):
    return re.findall(r"```python\n(.+?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def run(pytester, sources, *options):
    """Run an inner pytest over the sources, with warnings as errors."""
    for number, source in enumerate(sources):
        (pytester.path / f"test_{number}.py").write_text(source, encoding="utf-8")
    pytester.makeini(project.ini())
    return pytester.runpytest("-W", "error", *options)


def test_rule_pages():
    """The pages of the rules are those that docs/build.py makes of the catalogue."""
    build = runpy.run_path(str(ROOT / "docs/build.py"))
    pages = build["pages"]()
    assert {path: path.read_text(encoding="utf-8") for path in pages} == pages
    assert set((ROOT / "docs/rules").iterdir()) == pages.keys() - {ROOT / "docs/rules.md"}
    assert {path.stem for path in pages if path.parent.name == "rules"} == RULES.keys()


def test_readme_first_test(pytester):
    """The README's first test is short and passes."""
    first = blocks_of("README.md")[0]
    assert len(first.splitlines()) < 20
    run(pytester, [first]).assert_outcomes(passed=1)


def test_readme_failure(pytester):
    """The first test fails as the README shows when its URL is the one of the reference page."""
    first = re.sub(r'"url": "[^"]+"', '"url": "<string>"', blocks_of("README.md")[0])
    result = run(pytester, [first])
    result.assert_outcomes(failed=1)
    (shown,) = re.findall(r"```text\n(RL201.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    output = re.sub(r"127.0.0.1:\d+", "127.0.0.1:33455", result.stdout.str())
    assert shown.rpartition("…")[0] in output


def test_readme_other_blocks(pytester):
    """The README's other blocks run, with the names that they take for granted."""
    _, marker, without_pytest, unit_test = blocks_of("README.md")
    names = f"import pytest\nimport requests\n\nlink = {a_link('alert-1')!r}\n"
    upload = (
        "def upload(base_url):\n"
        "    url = base_url + '/rest/remotelinks/1.0/bulk'\n"
        "    requests.post(url, json={'remoteLinks': [link]}, headers={'Authorization': 'JWT x'})\n"
    )
    functions = [f"def test_{number}():\n{indent(block, '    ')}" for number, block in enumerate([without_pytest, unit_test])]
    run(pytester, ["\n\n".join([names, upload, marker, *functions])]).assert_outcomes(passed=3)


def test_signing_recipes(pytester):
    """Each recipe for signing passes."""
    blocks = blocks_of("docs/signing.md")
    run(pytester, blocks).assert_outcomes(passed=len(blocks))


def test_other_plugins(pytester):
    """What the page on other plugins recommends works; the violation that it expects is the only one."""
    blocks = blocks_of("docs/other-plugins.md")
    run(pytester, blocks).assert_outcomes(passed=len(blocks) - 1, xfailed=1)


@pytest.mark.parametrize("page", ["docs/delayed-writes.md", "docs/faults.md"])
def test_situations(pytester, page):
    """Each situation has a short test, and all pass."""
    names, *blocks = blocks_of(page)
    assert len(blocks) >= 8
    for block in blocks:
        assert len(block.splitlines()) <= 10, block
    for file in (ROOT / "examples/scanner").iterdir():
        if file.is_file() and not file.name.startswith("test_"):
            shutil.copy(file, pytester.path)
    outcomes = run(pytester, ["\n\n".join([names, *blocks])]).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= len(blocks)


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links(page):
    """Every relative link leads to a file, and to a heading in it."""
    path = ROOT / page
    for target in re.findall(r"\]\((?!http)([^)]+)\)", path.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        text = (path.parent / name if name else path).read_text(encoding="utf-8")
        headings = {
            re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in text.splitlines() if line.startswith("#")
        }
        assert not heading or heading in headings, target


def test_public_names():
    """Every public name can be imported, and every class and function has a docstring."""
    import pytest_remotelinks

    for name in pytest_remotelinks.__all__:
        value = getattr(pytest_remotelinks, name)
        assert value.__doc__ or not isinstance(value, (type, FunctionType)), name
    assert set(pytest_remotelinks.__all__) <= set(dir(pytest_remotelinks))


def test_types_of_public_members():
    """Every class of ours in the signature of a public member is public."""
    import pytest_remotelinks

    modules = [import_module(found.name) for found in pkgutil.walk_packages(pytest_remotelinks.__path__, "pytest_remotelinks.")]
    ours = {
        name for module in modules for name, value in vars(module).items() if inspect.isclass(value) and value.__module__ == module.__name__
    }
    used = set()
    for public in pytest_remotelinks.__all__:
        value = getattr(pytest_remotelinks, public)
        members = [value] if inspect.isfunction(value) else [member for name, member in inspect.getmembers(value) if name[0] != "_"]
        for member in members:
            function = getattr(member, "fget", None) or getattr(member, "func", None) or member
            for annotation in getattr(function, "__annotations__", {}).values():
                used |= {name for name in re.findall(r"\w+", str(annotation)) if name in ours}
    assert used - set(pytest_remotelinks.__all__) == INTERNAL


def test_faulty_example(pytester):
    """Each test of the faulty example violates the rule that its docstring names, and no other."""
    result = pytester.runpytest("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", ROOT / "examples/faulty_scanner")
    output = result.stdout.str()
    source = (ROOT / "examples/faulty_scanner/test_faulty_scanner.py").read_text()
    promised = dict(re.findall(r'def (test_\w+)\(\w+\):\n    """(RL\d+): ', source))
    blocks = re.split(r"^_+ (test_\w+) _+$", output.partition("short test summary")[0], flags=re.MULTILINE)[1:]
    found = {name: set(re.findall(r"\b(RL\d+) [a-z-]+ \(error\) at", block)) for name, block in zip(blocks[::2], blocks[1::2], strict=True)}
    assert len(promised) >= 8
    assert found == {name: {code} for name, code in promised.items()}
