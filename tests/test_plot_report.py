"""`fastmlp mnist --plots`: pictures in files, and one page that has them all."""

import base64
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

import fastmlp
from fastmlp import demo, kernels
from fastmlp.__main__ import main
from fastmlp.datasets import synthetic_digits
from fastmlp.plot import _report

pytest.importorskip("matplotlib")

PICTURES = [
    "activations.svg",
    "confusion_matrix.svg",
    "decision_boundary.svg",
    "history.svg",
    "mistakes.svg",
    "network.svg",
    "weights.svg",
]


class Page(HTMLParser):
    """What is on a page: its text, its images, its addresses, and its tags."""

    def __init__(self, text):
        super().__init__()
        self.words, self.images, self.addresses, self.open = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "img":
            self.images.append(given)
        self.addresses += [
            given[one] for one in ("src", "srcset", "href", "action") if one in given
        ]
        if tag not in ("img", "meta", "source", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def few_digits():
    """Return easy digits in MNIST's shapes, of which a few are labelled wrongly."""
    sets = []
    for number in (60000, 10000):
        labels = (np.arange(number) % 10).astype(np.uint8)
        images = np.zeros((number, 28, 28), np.uint8)
        for label in range(10):
            images[labels == label, 10:18, : label + 1] = 255
        labels[::100] = 3
        sets.append((images, labels))
    return tuple(sets)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return the folder of a report, what was printed, and the results."""
    folder = tmp_path_factory.mktemp("reports") / "first"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_digits, "load_data", few_digits)
        printed = []
        patch.setattr("builtins.print", lambda *words, **_: printed.append(words))
        path = _report.check_folder(str(folder))
        results = demo.run("synthetic", 2, 1000, 7, path)
    return folder, printed, results


@pytest.fixture(scope="module")
def page(report):
    return Page((report[0] / "report.html").read_text(encoding="utf-8"))


# What there is


def test_all_pictures_and_one_page_are_written_and_nothing_else(report):
    folder, printed, _ = report
    assert sorted(os.listdir(folder)) == sorted([*PICTURES, "report.html"])
    assert printed[-1] == (f"Report:        {folder / 'report.html'}",)


@pytest.mark.parametrize("name", PICTURES)
def test_each_picture_is_an_svg_of_its_own(name, report):
    root = ElementTree.parse(report[0] / name).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("viewBox").split()[2]) > 100


def test_the_page_is_well_formed_and_asks_no_other_host(page):
    assert page.open == []
    assert page.addresses
    assert all(one.startswith("data:image/svg+xml;base64,") for one in page.addresses)


def test_the_page_and_its_pictures_are_small(report):
    folder = report[0]
    assert (folder / "report.html").stat().st_size < 1_600_000
    assert max((folder / name).stat().st_size for name in PICTURES) < 200_000


def test_each_picture_has_a_text_for_those_who_do_not_see_it(page):
    assert len(page.images) == len(PICTURES)
    assert all(len(one["alt"]) > 40 for one in page.images)
    assert len({one["alt"] for one in page.images}) == len(PICTURES)


def test_each_picture_of_matplotlib_is_there_in_light_and_in_dark(report):
    text = (report[0] / "report.html").read_text(encoding="utf-8")
    pairs = re.findall(
        r'<source media="screen and \(prefers-color-scheme: dark\)" '
        r'srcset="[^,]*,([^"]*)">\s*<img src="[^,]*,([^"]*)"',
        text,
    )
    assert len(pairs) == len(PICTURES)
    dark = [base64.b64decode(one).decode() for one, _ in pairs]
    light = [base64.b64decode(one).decode() for _, one in pairs]
    assert sum("#171d24" in one for one in dark) == len(PICTURES) - 1
    assert not any("#171d24" in one for one in light)


# The numbers


def test_the_numbers_of_the_run_are_on_the_page(report, page):
    _, _, results = report
    for number in (
        f"{results['test_accuracy']:.2%} of 10,000 digits read right",
        f"{results['test_loss']:.4f} test loss",
        f"{results['training_seconds']:.2f} s of training",
        "2 epochs",
        "101,770 parameters",
        "batch size 1000",
        "seed 7",
        "images to train 60,000",
        f"threads {kernels.num_threads()}",
        f"fastmlp {fastmlp.__version__}, backend {kernels.backend}",
        f"{sys.version.split()[0]}, {np.__version__}",
    ):
        assert number in page.text, number


def test_each_epoch_is_in_the_table_training_first(report, page):
    history = report[2]["history"]
    head = "epoch loss accuracy validation loss validation accuracy"
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    rows = [
        f"{epoch + 1} " + " ".join(f"{history[name][epoch]:.4f}" for name in names)
        for epoch in range(2)
    ]
    assert " ".join([head, *rows]) in page.text


def test_drawn_digits_are_never_taken_for_mnist(page):
    assert "trained on synthetic digits (not MNIST)" in page.text
    assert "figures for MNIST differ" in page.text


def test_of_mnist_nothing_of_the_kind_is_said(report, tmp_path, monkeypatch):
    _, _, results = report
    data = {"name": "MNIST", "source": "<here> & there", "is_mnist": True}
    monkeypatch.setattr(_report, "draw_lesson", lambda trained: [])
    path = _report.write_report(str(tmp_path), {**results, "data": data}, None)
    with open(path, encoding="utf-8") as file:
        page = Page(file.read())
    assert "not MNIST" not in page.text
    assert "differ" not in page.text
    assert "where from <here> & there" in page.text


def test_the_report_changes_no_number_of_the_run(report, monkeypatch):
    monkeypatch.setattr(synthetic_digits, "load_data", few_digits)
    plain = demo.run("synthetic", 2, 1000, 7)
    assert plain["test_loss"] == report[2]["test_loss"]
    assert plain["history"]["loss"] == report[2]["history"]["loss"]
    assert set(plain["history"]) == {"loss", "accuracy"}


# Where it goes


def assert_refused(folder, capsys, *words):
    status = main(["mnist", "--data", "synthetic", "--plots", str(folder)])
    captured = capsys.readouterr()
    assert status == 1
    assert captured.out == ""  # before anything is trained
    assert captured.err.count("\n") == 1
    for word in words:
        assert word in captured.err


def test_an_earlier_report_is_replaced(report):
    folder = report[0]
    assert _report.check_folder(str(folder)) == str(folder)


@pytest.mark.parametrize("name", ["history.svg", "report.html"])
def test_a_file_that_is_not_of_a_report_is_never_replaced(name, tmp_path, capsys):
    for content in ("mine", ""):
        (tmp_path / name).write_text(content)
        assert_refused(tmp_path, capsys, name, "name another folder")
        assert (tmp_path / name).read_text() == content


def test_a_link_that_leads_nowhere_is_not_followed(tmp_path, capsys):
    (tmp_path / "report.html").symlink_to(tmp_path / "elsewhere")
    assert_refused(tmp_path, capsys, "report.html", "name another folder")


def test_other_files_of_the_folder_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert _report.check_folder(str(tmp_path)) == str(tmp_path)


def test_a_folder_is_made_with_those_above_it_only_at_the_end(tmp_path):
    folder = tmp_path / "a" / "b"
    assert _report.check_folder(str(folder)) == str(folder)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["file", "file/within"])
def test_a_file_is_no_folder(name, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert_refused(tmp_path / name, capsys, "file is no folder")


def test_an_empty_name_is_none(capsys):
    assert_refused("", capsys, "--plots", "empty")


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="root may write everywhere, and Windows has other permissions",
)
def test_a_folder_that_is_not_ones_own_is_noticed_before_training(tmp_path, capsys):
    tmp_path.chmod(0o500)
    assert_refused(tmp_path, capsys, "not yours to write")
    tmp_path.chmod(0o700)


def test_without_matplotlib_a_sentence_comes_before_the_training(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert_refused(tmp_path / "out", capsys, "pip install 'fastmlp[plot]'")
    assert os.listdir(tmp_path) == []
