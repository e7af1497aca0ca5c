"""The papers keep their word: commands, code, links, and the tests that they name."""

import importlib.metadata
import os
import re
from pathlib import Path

import pytest

import fastmlp
from fastmlp.datasets import mnist, synthetic_digits

# What pages need beyond NumPy.
EXTRAS = {"save": ["h5py"], "machines": ["sklearn", "distributed"]}
README = Path(__file__).parent.parent / "README.md"
DOCS = README.parent / "docs"


def blocks(language, page=README):
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_two_commands_are_one_line_each_and_need_nothing_beforehand():
    demo, tests = blocks("sh")[:2]
    environment = "python3 -m venv .venv && .venv/bin/pip install "
    assert demo == environment + "-e . && .venv/bin/fastmlp mnist\n"
    assert tests == environment + "-e '.[test]' && .venv/bin/pytest\n"


def test_the_commands_come_before_any_other_code():
    text = README.read_text(encoding="utf-8")
    assert re.findall(r"^```(\w+)$", text, re.MULTILINE)[:3] == ["sh", "sh", "python"]


def test_the_readme_names_both_files_of_each_equation():
    rows = re.findall(
        r"^\|.*\| \[(\w+\.pxi)\]\(src/(.*)\) "
        r"\| \[(\w+\.py)\]\(fastmlp/reference/(.*)\) \|$",
        README.read_text(encoding="utf-8"),
        re.M,
    )
    assert len(rows) > 20
    for source, to_source, twin, to_twin in rows:
        assert (source, twin) == (to_source, to_twin)


def test_the_readmes_figures_of_speed_are_some_of_those_of_the_site():
    rows = re.findall(
        r"^\| ([^|,]+)[^|]* \| (\S+) \| (\S+) \| (0\.\d+) \|$",
        README.read_text(encoding="utf-8"),
        re.M,
    )
    assert len(rows) == 5
    page = (DOCS / "about/speed.md").read_text(encoding="utf-8")
    for library, seconds, ratio, accuracy in rows:
        ratios = rf"{ratio}(?: \(.*?\))?"  # with its range over the turns
        line = rf"\| {library} \| 2 \| {seconds} s \| {ratios} \| .* \| {accuracy} \|"
        assert re.search(line, page), library


def test_the_readmes_floors_are_those_of_the_site():
    rows = re.findall(
        r"^\| (.+?) \| ([\d.]+ m?s), ([\d.]+) \| ([\d.]+ m?s), ([\d.]+) \|$",
        README.read_text(encoding="utf-8"),
        re.M,
    )
    assert len(rows) == 8
    page = (DOCS / "about/speed.md").read_text(encoding="utf-8")
    for job, *figures in rows:
        one, ratio, two, ratio_of_two = map(re.escape, figures)
        line = rf"\| {one}, [\d.]+ \| {ratio} \| {two}, [\d.]+ \| {ratio_of_two} \|$"
        assert re.search(line, page, re.M), job


def test_links_hold_on_the_page_of_an_index():
    description = importlib.metadata.metadata("fastmlp")["Description"]
    links = re.findall(r"\]\((\S+?)[ )]|src(?:set)?=\"(.*?)\"", description)
    assert len(links) > 30
    found = [link or picture for link, picture in links]
    assert [link for link in found if not link.startswith(("https://", "#"))] == []


def test_the_citation_names_this_version():
    citation = (README.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {fastmlp.__version__}\n" in citation


@pytest.fixture
def digits(monkeypatch):
    """Let `mnist.load_data` return the real MNIST, if there is one, or drawn digits."""
    real = os.environ.get("FASTMLP_TEST_MNIST")
    if real:
        found = mnist.load_data(os.path.abspath(real))
    else:
        found = synthetic_digits.load_data()
    monkeypatch.setattr(mnist, "load_data", lambda: found)
    return "MNIST" if real else "drawn"


@pytest.mark.slow
def test_the_ten_lines_print_what_stands_below_them(digits, capsys):
    exec(blocks("python")[0], {})
    printed = capsys.readouterr().out
    [expected] = blocks("text")
    # Which digit the first image is, and every number, are those of MNIST.
    changing = r"\d+s - \d+[mu]s/step|\d\.\d+" + "|\\d$" * (digits != "MNIST")
    assert re.sub(changing, "", printed) == re.sub(changing, "", expected)
    if digits == "MNIST":
        for found, written in zip(
            re.findall(r"(?:accuracy|loss): (\S+)", printed),
            re.findall(r"(?:accuracy|loss): (\S+)", expected),
            strict=True,
        ):
            assert float(found) == pytest.approx(float(written), abs=0.003)


@pytest.mark.slow
def test_the_notebook_runs_as_it_is_printed(digits, capsys):
    names = {}
    exec(blocks("python", DOCS / "start.md")[0], names)
    printed = capsys.readouterr().out
    for parameters in ("100,480", "1,290", "101,770"):
        assert parameters in printed
    assert 0.95 < names["test_acc"] < 0.98
    assert printed.splitlines()[-1] == f"Test Accuracy:  {names['test_acc']}"


@pytest.mark.parametrize(
    "page",
    [
        README,
        *sorted((DOCS / "howto").glob("*.md")),
        # The reference takes half a minute to draw the digits.
        pytest.param(DOCS / "learn/fast.md", marks=pytest.mark.slow),
    ],
    ids=lambda page: page.stem,
)
def test_other_examples_print_what_their_comments_say(
    page, tmp_path, monkeypatch, capsys
):
    """Block after block, in one session, in an empty folder."""
    for module in EXTRAS.get(page.stem, []):
        pytest.importorskip(module)
    names = {"__name__": "lesson"}
    monkeypatch.chdir(tmp_path)
    for block in blocks("python", page)[page == README :]:
        exec(block, names)
        printed = capsys.readouterr().out
        assert printed.split() == " ".join(re.findall(r"# (.*)$", block, re.M)).split()


def test_each_yes_of_fastmlp_names_a_test_that_there_is():
    page = DOCS / "about/compared.md"
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*\| \[yes\]\((\S+\.py) \"(\w+)\"\) \|$", text, re.M)
    assert len(rows) > 20
    for file, test in rows:
        source = (page.parent / file).read_text(encoding="utf-8")
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
    *DOCS.glob("*.md"),
    *DOCS.glob("[a-z]*/*.md"),
]


def test_every_link_of_the_papers_leads_somewhere():
    assert len(PAPERS) > 15
    for path in PAPERS:
        text = path.read_text(encoding="utf-8")
        pictures = re.findall(r'src(?:set)?="([^"]+)"', text)
        for target in [*re.findall(r"\]\(([^)\s#]+)", text), *pictures]:
            if not target.startswith("http"):
                assert (path.parent / target).exists(), (path, target)


def test_pictures_of_the_papers_are_small():
    assert sum(path.stat().st_size for path in DOCS.glob("pictures/*")) < 300_000
