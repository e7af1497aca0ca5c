"""The papers keep their word: commands, code, links, and the tests that they name."""

import importlib.metadata
import os
import re
from pathlib import Path

import pytest

import fastmlp
from fastmlp.datasets import mnist, synthetic_digits

README = Path(__file__).parent.parent / "README.md"


def blocks(language):
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_two_commands_are_one_line_each_and_need_nothing_beforehand():
    demo, tests = blocks("sh")[:2]
    environment = "python3 -m venv .venv && .venv/bin/pip install "
    assert demo == environment + "-e . && .venv/bin/fastmlp mnist\n"
    assert tests == environment + "-e '.[test]' && .venv/bin/pytest\n"


def test_the_commands_come_before_any_other_code():
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"^```(\w+)$", text, re.MULTILINE)[:3] == ["sh", "sh", "python"]


def test_every_file_that_the_readme_names_exists():
    rows = re.findall(
        r"^\|.*\| `(\w+\.pxi)` \| `(\w+\.py)` \|$",
        README.read_text(encoding="utf-8"),
        re.M,
    )
    assert len(rows) >= 5
    for source, twin in rows:
        assert (README.parent / "src" / source).is_file(), source
        assert (README.parent / "fastmlp" / "reference" / twin).is_file(), twin


def test_links_hold_on_the_page_of_an_index():
    description = importlib.metadata.metadata("fastmlp")["Description"]
    links = re.findall(r"\]\((\S+?)[ )]", description)
    assert len(links) > 30
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_citation_names_this_version():
    citation = (README.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {fastmlp.__version__}\n" in citation


@pytest.mark.slow
def test_the_notebook_runs_as_it_is_printed(monkeypatch, capsys):
    real = os.environ.get("FASTMLP_TEST_MNIST")
    if real:
        digits = mnist.load_data(os.path.abspath(real))
    else:
        digits = synthetic_digits.load_data()
    monkeypatch.setattr(mnist, "load_data", lambda: digits)
    names = {}
    exec(blocks("python")[0], names)
    printed = capsys.readouterr().out
    for parameters in ("100,480", "1,290", "101,770"):
        assert parameters in printed
    assert 0.95 < names["test_acc"] < 0.98
    assert printed.splitlines()[-1] == f"Test Accuracy:  {names['test_acc']}"


def test_the_other_examples_print_what_their_comments_say(capsys):
    for block in blocks("python")[1:]:
        exec(block, {})
        printed = capsys.readouterr().out
        assert printed.split() == " ".join(re.findall(r"# (.*)$", block, re.M)).split()


def test_each_yes_of_fastmlp_names_a_test_that_there_is():
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*\| \[yes\]\((tests/\w+\.py) \"(\w+)\"\) \|$", text, re.M)
    assert len(rows) > 20
    for file, test in rows:
        source = (README.parent / file).read_text(encoding="utf-8")
        assert f"\ndef {test}(" in source, (file, test)


def test_each_line_of_what_one_may_rely_on_names_tests_that_there_are():
    page = README.parent / "fastmlp" / "RELY.md"
    lines = re.findall(r"^\| (?!.*held by \|$).*", page.read_text("utf-8"), re.M)
    assert len(lines) > 40
    for line in lines:
        named = re.findall(r"\[(test_\w+)\]\((\S+\.py)\)", line)
        assert named, line
        for test, file in named:
            source = (page.parent / file).read_text("utf-8")
            assert f"\ndef {test}(" in source, (file, test)


PAPERS = [
    README,
    *README.parent.glob("C*.md"),
    *(README.parent / "fastmlp").glob("*.md"),
]


def test_every_link_of_the_papers_leads_somewhere():
    assert len(PAPERS) == 6
    for path in PAPERS:
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)", text):
            if not target.startswith("http"):
                assert (path.parent / target).exists(), (path, target)
