"""Memory that runs out while a model is at work: faults/allocations.py, in short."""

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastmlp import kernels

SCRIPT = Path(__file__).parent / "faults" / "allocations.py"

pytestmark = [
    pytest.mark.skipif(
        platform.libc_ver()[0] != "glibc" or not shutil.which("gcc"),
        reason="there is no gcc, or no glibc, to make memory run out with",
    ),
    pytest.mark.skipif(
        kernels.backend == "numpy", reason="a batch is many calls of NumPy there"
    ),
]


@pytest.mark.slow
def test_memory_that_runs_out_leaves_no_crash_no_leak_and_a_whole_model():
    result = subprocess.run(
        [sys.executable, SCRIPT, "--every", "499"], capture_output=True, text=True
    )
    lines = result.stdout.splitlines()
    assert len(lines) == 30, result.stdout + result.stderr
    assert all(line.endswith("; 0 wrong") for line in lines), result.stdout
