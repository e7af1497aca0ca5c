"""The lessons and scripts of the package: clean, complete, and run."""

import json
import os
import runpy
import subprocess
import sys

import numpy as np
import pytest

from fastmlp import Model, _examples
from fastmlp.__main__ import main
from fastmlp._as_keras import _scripts
from fastmlp.datasets import synthetic_digits, synthetic_imdb

NAMES = sorted(_examples.titles())
NOTEBOOKS = [name for name in NAMES if name.endswith(".ipynb")]
# What an example takes beyond NumPy.
NEEDS = dict.fromkeys(NOTEBOOKS, "matplotlib")
NEEDS |= {"bag_of_words.py": "scipy", "many_models.py": "joblib"}


@pytest.fixture
def in_a_hurry(monkeypatch):
    """Let examples train for two epochs at most, on few digits and texts."""
    fit = Model.fit

    def few_epochs(self, *args, epochs=1, **kwargs):
        return fit(self, *args, epochs=min(epochs, 2), **kwargs)

    monkeypatch.setattr(Model, "fit", few_epochs)
    for data in (synthetic_digits, synthetic_imdb):
        monkeypatch.setattr(data, "load_data", few_samples(data.load_data))


def few_samples(load_data):
    return lambda **kwargs: load_data(**kwargs | {"n_train": 2000, "n_test": 1000})


@pytest.mark.parametrize("name", NAMES)
def test_every_example_runs(name, in_a_hurry, monkeypatch, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    monkeypatch.chdir(tmp_path)
    path = str(_examples.FOLDER / name)
    if name in NOTEBOOKS:
        pyplot = pytest.importorskip("matplotlib.pyplot")
        pyplot.switch_backend("agg")
        with np.printoptions():  # Lessons may set them.
            _scripts.run_cells(path, _scripts.read_cells(path))
        pyplot.close("all")
    else:
        monkeypatch.setattr(sys, "argv", [path])
        runpy.run_path(path, run_name="__main__")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_lesson_is_kept_without_what_running_it_adds(name):
    text = (_examples.FOLDER / name).read_text(encoding="utf-8")
    book = json.loads(text)
    cells = book["cells"]
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert set(book["metadata"]) <= {"kernelspec", "language_info"}
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
    # As Jupyter writes it: saving changes no line that nobody changed.
    assert text == json.dumps(book, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_lesson_says_first_what_its_pictures_take(name):
    first = "".join(_cells(name)[0]["source"])
    assert first.startswith("# ")
    assert "pip install 'fastmlp[notebook]'" in first


def _cells(name):
    return json.loads((_examples.FOLDER / name).read_text(encoding="utf-8"))["cells"]


@pytest.mark.slow
def test_the_lesson_on_digits_runs_in_jupyter(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    for needed in ("ipykernel", "matplotlib"):
        pytest.importorskip(needed)
    # A kernel chooses the one that shows pictures, unless somebody has.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    book = nbformat.read(_examples.FOLDER / "mnist.ipynb", 4)
    nbformat.validate(book)
    client = nbclient.NotebookClient(
        book,
        kernel_name="python3",
        timeout=120,
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()
    outputs = {cell["id"]: cell.get("outputs", []) for cell in book.cells}
    assert not [one for many in outputs.values() for one in many if "stderr" in one]
    (lines,) = outputs["fit"]
    assert lines["data"]["text/plain"].count("\n") == 9
    assert "text/html" in outputs["model"][0]["data"]
    for picture in ("look", "curves", "confusion", "mistakes", "weights"):
        (shown,) = outputs[picture]
        assert "image/png" in shown["data"], picture


def test_examples_are_copied_out_and_run_where_they_are(tmp_path, capsys):
    folder = tmp_path / "new" / "lessons"
    assert main(["examples", str(folder)]) == 0
    assert sorted(os.listdir(folder)) == NAMES
    assert f"fastmlp run {folder / 'mnist.ipynb'}\n" in capsys.readouterr().out
    result = subprocess.run(
        [sys.executable, folder / "custom_callback.py", "0.1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines()[-1].endswith("are read right")


def test_copying_again_changes_nothing(tmp_path, capsys):
    main(["examples", str(tmp_path)])
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert main(["examples", str(tmp_path)]) == 0
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_what_a_user_wrote_is_never_written_over(tmp_path, capsys):
    mine = tmp_path / "regression.ipynb"
    mine.write_text("my own work")
    assert main(["examples", str(tmp_path)]) == 1
    assert "regression.ipynb is there already" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["regression.ipynb"]
    assert mine.read_text() == "my own work"


def test_a_file_is_no_folder_for_examples(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["examples", str(tmp_path / "file")]) == 1
    assert "is a file: name a folder" in capsys.readouterr().err


def test_without_a_folder_the_examples_are_listed(capsys):
    assert main(["examples"]) == 0
    shown = capsys.readouterr().out
    for name, title in _examples.titles().items():
        assert title
        assert f"{name} " in shown
