"""The code of the equations, as `inspect.source` shows it."""

import pytest

from fastmlp import inspect
from fastmlp.inspect import _source

in_a_clone = pytest.mark.skipif(
    not (_source._KERNELS / "kernels.pyx").exists(), reason="no clone: no src/"
)


def test_the_reference_is_shown_without_its_docstring():
    shown = inspect.source("dense_forward")
    assert shown.equation == "Compute y = x w + b."
    assert shown.reference == (
        "def dense_forward(x: Array, w: Array, b: Array | None) -> Array:\n"
        "    y = x @ w\n"
        "    return y if b is None else y + b"
    )
    assert shown.files[0] == "fastmlp/reference/dense.py"
    assert repr(shown).startswith("Compute y = x w + b.\n\nfastmlp/reference/dense.py:")


@in_a_clone
def test_in_a_clone_the_kernel_stands_beside_it():
    shown = inspect.source("relu_backward")
    assert shown.files[1] == "src/activations.pxi"
    assert shown.kernel.startswith("cdef inline float relu_backward(float y, float dy)")
    assert shown.kernel.endswith("return dy if y > 0 else 0")
    assert shown.kernel.count("cdef") == 1


@in_a_clone
def test_an_equation_of_several_kernels_shows_them_all():
    kernel = inspect.source("dense_backward").kernel
    for part in ("input", "kernel", "bias"):
        assert f"cdef void dense_backward_{part}(" in kernel


def test_without_src_the_reference_stands_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(_source, "_KERNELS", tmp_path)
    shown = inspect.source("relu")
    assert (shown.kernel, shown.files) == ("", ["fastmlp/reference/activations.py"])
    assert "src/" not in repr(shown)
    assert shown._repr_html_().count("<pre") == 1


def test_a_notebook_shows_code_as_text():
    assert "-&gt; Array" in inspect.source("relu")._repr_html_()
