"""A short run of what tests/fuzz runs long: files that are damaged, or that lie."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="memory is bounded by this system's own means")

FUZZ = Path(__file__).parent / "fuzz" / "files.py"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["npz", "keras", "weights.h5", "mnist", "json"])
@pytest.mark.parametrize("kind", ["mangled", "hostile"])
def test_no_file_does_harm(name, kind, tmp_path):
    if name in ("keras", "weights.h5"):
        pytest.importorskip("h5py")
    run = subprocess.run(
        [sys.executable, str(FUZZ), "--only", name, "--kind", kind, "--runs", "100"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    total = run.stdout.splitlines()[-1].split()
    assert total[1] == "100"
