"""What editors and type checkers see, and what help() prints."""

import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import fastmlp
from fastmlp import (
    activations,
    constraints,
    initializers,
    losses,
    metrics,
    optimizers,
    regularizers,
    tables,
)
from fastmlp import typing as names

ROOT = Path(fastmlp.__file__).parents[1]
FILES = Path(__file__).parent / "typing"
MARK = "# wrong"


def check(checker, *arguments, cwd):
    """Run a type checker that knows this fastmlp as an installed one."""
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not installed; it comes with '.[dev]'")
    return subprocess.run(
        [sys.executable, "-m", checker, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout


def found_by_mypy(folder):
    """Return (file, line, message) of each error that mypy finds."""
    files = map(str, sorted(FILES.glob("*.py")))
    output = check("mypy", "--strict", "--config-file=", *files, cwd=folder)
    found = re.findall(r"(\w+\.py):(\d+): error: (.*)", output)
    return [(file, int(line), message) for file, line, message in found]


def found_by_pyright(folder):
    """Return (file, line, message) of each error of Pyright's, which Pylance is too.

    basedpyright is the same checker, with all that it needs from PyPI.
    """
    settings = {"include": [str(FILES)], "typeCheckingMode": "standard"}
    project = folder / "pyrightconfig.json"
    project.write_text(json.dumps(settings))
    python = f"--pythonpath={sys.executable}"
    output = check(
        "basedpyright", f"--project={project}", python, "--outputjson", cwd=folder
    )
    return [
        (Path(one["file"]).name, one["range"]["start"]["line"] + 1, one["message"])
        for one in json.loads(output)["generalDiagnostics"]
        if one["severity"] == "error"
    ]


@pytest.fixture(scope="module", params=[found_by_mypy, found_by_pyright])
def found(request, tmp_path_factory):
    return request.param(tmp_path_factory.mktemp("checked"))


@pytest.mark.slow
def test_checkers_find_nothing_in_a_lesson(found):
    assert [one for one in found if one[0] == "lesson.py"] == []


@pytest.mark.slow
def test_checkers_find_each_mistake_and_nothing_else(found):
    lines = (FILES / "mistakes.py").read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith(MARK)}
    assert {line for file, line, _ in found if file == "mistakes.py"} == wrong


@pytest.mark.slow
def test_every_public_name_has_a_type_that_all_checkers_agree_on(tmp_path):
    output = check(
        "basedpyright",
        f"--pythonpath={sys.executable}",
        "--verifytypes=fastmlp",
        "--ignoreexternal",
        "--outputjson",
        cwd=tmp_path,
    )
    symbols = json.loads(output)["typeCompleteness"]["symbols"]
    assert len(symbols) > 1000
    # Examples are scripts, which a student reads.
    unknown = [one["name"] for one in symbols if not one["isTypeKnown"]]
    assert [one for one in unknown if not one.startswith("fastmlp.examples.")] == []


def test_the_lesson_runs(tmp_path):
    path = FILES / "lesson.py"
    spec = importlib.util.spec_from_file_location("lesson", path)
    lesson = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lesson)
    assert lesson.first_network() > 0.2
    assert list(lesson.many_networks()) == ["relu", "tanh", "sigmoid"]
    assert lesson.kept_network(tmp_path).built


def spellings(table):
    """Return the names of a table, and those of its classes."""
    return {*table, *(kind.__name__ for kind in table.values())}


@pytest.mark.parametrize(
    ("alias", "known"),
    [
        (names.ActivationName, set(activations.BY_NAME)),
        (names.ConstraintName, spellings(constraints._BY_NAME)),
        (names.InitializerName, spellings(initializers._BY_NAME)),
        (names.LossName, spellings(losses._BY_NAME)),
        (names.MetricName, {*spellings(metrics._WITH_LOSSES), "accuracy", "acc"}),
        (names.OptimizerName, spellings(optimizers._BY_NAME)),
        (names.RegularizerName, spellings(regularizers._BY_NAME)),
        (names.Reduction, {*tables.REDUCTIONS, "auto", "mean", "none"}),
    ],
)
def test_the_names_that_checkers_know_are_those_of_the_tables(alias, known):
    assert set(typing.get_args(alias)) == known


def public_callables():
    """Return all functions and classes that users call, and the methods of classes."""
    modules = (getattr(fastmlp, name) for name in fastmlp.__all__)
    for module in filter(inspect.ismodule, modules):
        for name in module.__all__:
            one = getattr(module, name)
            if inspect.isclass(one):
                yield from (
                    getattr(one, method)
                    for method, function in inspect.getmembers(one, inspect.isfunction)
                    if method == "__init__" or not method.startswith("_")
                )
            elif inspect.isfunction(one):
                yield one


def test_help_names_types_and_does_not_unfold_them():
    callables = list(public_callables())
    assert len(callables) > 300
    for one in callables:
        signature = str(inspect.signature(one))
        assert "numpy" not in signature and "typing." not in signature, signature


def test_help_of_fit_and_compile_fits_on_a_few_lines():
    for method in (fastmlp.Sequential.fit, fastmlp.Sequential.compile):
        assert len(str(inspect.signature(method))) < 10 * 80


def test_signatures_name_every_argument():
    parameters = inspect.signature(fastmlp.Sequential.evaluate).parameters
    assert list(parameters) == [
        "self",
        "x",
        "y",
        "batch_size",
        "verbose",
        "sample_weight",
        "steps",
        "callbacks",
        "return_dict",
    ]
    assert parameters["return_dict"].default is False
    dense = inspect.signature(fastmlp.layers.Dense).parameters
    assert list(dense)[:2] == ["units", "activation"]
    assert dense["common"].kind is inspect.Parameter.VAR_KEYWORD


def test_types_are_loaded_by_who_asks_for_them():
    program = "import fastmlp, sys; print('fastmlp.typing' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"
