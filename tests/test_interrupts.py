"""Ctrl-C while a model is worked with: faults/interrupts.py, in short."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fastmlp import kernels

pytestmark = pytest.mark.skipif(
    kernels.backend == "numpy", reason="a batch is many calls of NumPy there"
)

SCRIPT = Path(__file__).parent / "faults" / "interrupts.py"


def found(*arguments):
    """Return what the script has found, line by line."""
    result = subprocess.run(
        [sys.executable, SCRIPT, *arguments], capture_output=True, text=True
    )
    return result.stdout.splitlines() or result.stderr


def assert_all_went_on(lines):
    assert len(lines) == 13, lines
    for line in lines:
        assert re.search(r" [1-9]\d* interrupted, 0 wrong$", line), lines


def test_an_interruption_at_any_step_leaves_a_model_that_goes_on():
    assert_all_went_on(found("--every", "499"))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer here")
def test_a_signal_at_any_moment_leaves_a_model_that_goes_on():
    assert_all_went_on(found("--signals", "20"))
