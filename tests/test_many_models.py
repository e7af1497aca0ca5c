"""Many trainings, handed out by Dask to two workers of this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastmlp
from fastmlp import _examples


def test_models_are_trained_on_a_cluster_of_two():
    pytest.importorskip("joblib")
    pytest.importorskip("distributed")
    done = subprocess.run(
        [sys.executable, str(_examples.FOLDER / "many_models.py"), "dask"],
        capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(fastmlp.__file__).parents[1])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    # Each setting learns, and seeds differ.
    means = [float(line.split()[4].rstrip("%")) for line in lines]
    assert min(means) > 80
    assert "± 0.0%" not in done.stdout
