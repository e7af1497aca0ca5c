"""What `import fastmlp` loads: NumPy, and little of the standard library."""

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastmlp
from fastmlp import datasets, kernels
from fastmlp._util.described import Described
from fastmlp.callbacks import Callback

# Each takes milliseconds to load, and is needed by few calls or by none.
HEAVY = [
    "argparse",
    "asyncio",
    "concurrent.futures",
    "ctypes.util",
    "difflib",
    "doctest",
    "email",
    "hashlib",
    "http.client",
    "importlib.metadata",
    "json",
    "logging",
    "multiprocessing",
    "numpy.ma",
    "numpy.random",
    "numpy.testing",
    "pathlib",
    "random",
    "secrets",
    "shutil",
    "subprocess",
    "tempfile",
    "threading",
    "socket",
    "sqlite3",
    "ssl",
    "unicodedata",
    "unittest",
    "urllib.request",
    "xml",
    "zipfile",
]

PROGRAM = """
import sys, numpy
before = set(sys.modules)
import fastmlp
dir(fastmlp)
{}
print(*(set(sys.modules) - before))
"""

# What users address, by its name.
PUBLIC = [
    fastmlp,
    kernels,
    *(getattr(datasets, name) for name in datasets.__all__),
    fastmlp.optimizers.schedules,
    *filter(inspect.ismodule, (getattr(fastmlp, name) for name in fastmlp.__all__)),
]


def modules_loaded(program=""):
    """Return the modules that fastmlp adds to those of NumPy, and a program besides."""
    # From where this fastmlp lies, so that it is the one that is imported.
    home = Path(fastmlp.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(program)],
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
    )
    return set(done.stdout.split())


def test_nothing_is_loaded_but_numpy_and_the_standard_library():
    loaded = {name.partition(".")[0] for name in modules_loaded()}
    # Compiled modules make these for themselves.
    loaded = {name for name in loaded if not re.match("_?cython_", name)}
    assert "fastmlp" in loaded
    assert loaded - {"fastmlp", "numpy"} <= sys.stdlib_module_names


def test_nothing_heavy_is_loaded():
    assert modules_loaded() & set(HEAVY) == set()


def test_one_compiled_variant_is_loaded_at_most_beside_the_one_that_chooses():
    variants = {name for name in modules_loaded() if "._kernels_" in name}
    assert len(variants - {"fastmlp._kernels_base"}) <= 1


def test_a_data_set_is_loaded_when_it_is_used():
    assert "fastmlp.datasets.mnist" not in modules_loaded()


# What a first network of dense layers does without.
RARE = [
    "fastmlp._engine.own",
    "fastmlp._model.files",
    "fastmlp._model.graph",
    "fastmlp._model.summary",
    "fastmlp._model.traced",
    "fastmlp._saving",
    "fastmlp._util.elsewhere",
    "fastmlp._util.progress",
    "fastmlp.backend",
    "fastmlp.callbacks._early_stopping",
    "fastmlp.callbacks._tensorboard",
    "fastmlp.datasets",
    "fastmlp.kernels._binding",
    "fastmlp.layers._merging",
    "fastmlp.layers._normalization",
    "fastmlp.layers._text_vectorization",
    "fastmlp.losses._focal",
    "fastmlp.metrics._curves",
    "fastmlp.ops",
    "fastmlp.optimizers._lion",
    "fastmlp.optimizers.schedules._cosine",
    "fastmlp.reference",
    "fastmlp.saving",
    "fastmlp.utils",
]


NETWORK = """
import numpy as np
model = fastmlp.Sequential([fastmlp.layers.Dense(3, "relu"), fastmlp.layers.Dense(1)])
model.compile("adam", "mse", metrics=["accuracy"])
model.fit(np.zeros((4, 2)), np.zeros((4, 1)), verbose=0)
"""


@pytest.mark.skipif(kernels.backend == "numpy", reason="The reference is at work there")
@pytest.mark.parametrize("program", ["", NETWORK], ids=["import", "fit"])
def test_what_few_networks_need_is_loaded_when_it_is_named(program):
    assert modules_loaded(program) & set(RARE) == set()
    assert all(importlib.import_module(name) for name in RARE)


def test_what_fits_and_predicts_is_loaded_when_a_model_does():
    names = ["_engine.build", "_model.fitting", "_model.inference", "callbacks"]
    loops = {f"fastmlp.{name}" for name in names}
    assert modules_loaded() & loops == set()
    assert loops <= modules_loaded(NETWORK)


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_dir_lists_public_names_and_no_helpers(module):
    listed = dir(module)
    assert listed == sorted(set(module.__all__))
    assert all(hasattr(module, name) for name in listed)
    assert [name for name in listed if name.startswith("_")] in ([], ["__version__"])


@pytest.mark.parametrize("module", PUBLIC, ids=lambda module: module.__name__)
def test_dir_lists_every_class_that_a_user_makes(module):
    classes = {
        name
        for name, one in vars(module).items()
        if inspect.isclass(one)
        and issubclass(one, (Described, Callback))
        and one is not Described
        and not name.startswith("_")
    }
    assert classes <= set(dir(module))


@pytest.mark.parametrize(
    "package",
    ["callbacks", "layers", "losses", "metrics", "models", "ops", "optimizers"],
)
def test_a_package_lists_all_that_its_files_list(package):
    owner = getattr(fastmlp, package)
    names = [file.stem for file in Path(owner.__file__).parent.glob("_[a-z]*.py")]
    files = [importlib.import_module(f"{owner.__name__}.{name}") for name in names]
    assert len(files) > 1
    for file in files:
        assert set(getattr(file, "__all__", [])) <= set(dir(owner)), file.__name__


def test_every_package_is_listed_for_the_wheel():
    root = Path(__file__).parent.parent
    listed = re.findall(
        r'^  "(fastmlp[\w.]*)",$', (root / "pyproject.toml").read_text(), re.M
    )
    folders = [file.parent for file in (root / "fastmlp").rglob("__init__.py")]
    packages = {".".join(one.relative_to(root).parts) for one in folders}
    assert packages <= set(listed)
    # The others hold files that are no code.
    assert all((root / name.replace(".", "/")).is_dir() for name in listed)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("FASTMLP_BACKEND", "nunpy", ["FASTMLP_BACKEND=nunpy", "compiled or numpy"]),
        ("FASTMLP_ISA", "v9", ["FASTMLP_ISA=v9", "v4 or v3 or base"]),
        ("FASTMLP_NUM_THREADS", "abc", ["FASTMLP_NUM_THREADS=abc", "whole number"]),
        ("FASTMLP_NUM_THREADS", "0", ["FASTMLP_NUM_THREADS=0", "at least 1"]),
        ("FASTMLP_THREADS", "2", ["FASTMLP_THREADS", "mean 'FASTMLP_NUM_THREADS'?"]),
        ("FASTMLP_CACHE_DIR", "x", ["FASTMLP_CACHE_DIR"]),
    ],
)
def test_a_variable_that_makes_no_sense_gets_a_sentence(variable, value, words):
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", "import fastmlp"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(fastmlp.__file__).parents[1],
        # The NumPy backend, on which this may run, asks for no instruction set.
        env={**os.environ, "FASTMLP_BACKEND": "compiled", variable: value},
    )
    # From Python 3.13 on, the line of code stands below each.
    warnings = [line for line in done.stderr.splitlines() if "Warning: " in line]
    assert len(warnings) == 1, done.stderr
    assert warnings[0].startswith("<string>:1: RuntimeWarning: ")
    for word in words:
        assert word in done.stderr


def test_variables_that_fastmlp_reads_get_none():
    known = {
        "FASTMLP_BACKEND": "numpy",
        "FASTMLP_HOME": "somewhere",
        "FASTMLP_ISA": "base",
        "FASTMLP_NUM_THREADS": "1",
    }
    subprocess.run(
        [sys.executable, "-W", "error", "-c", "import fastmlp"],
        check=True,
        cwd=Path(fastmlp.__file__).parents[1],
        env={**os.environ, **known},
    )
