"""Short runs of what tests/fuzz runs long: files that are no good, saves that fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="memory is bounded by this system's own means")

FUZZ = Path(__file__).parent / "fuzz"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["npz", "keras", "h5", "weights.h5", "mnist", "json"])
def test_no_file_does_harm(name, tmp_path):
    if name in ("keras", "h5", "weights.h5"):
        pytest.importorskip("h5py")
    options = ["--only", name, "--kind", "hostile", "--runs", "100"]
    run = subprocess.run(
        [sys.executable, str(FUZZ / "files.py"), *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    total = run.stdout.splitlines()[-1].split()
    assert total[1] == "100"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nobody is killed here")
def test_no_save_loses_a_file(tmp_path):
    run = subprocess.run(
        [sys.executable, str(FUZZ / "saves.py"), "--kills", "5"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
