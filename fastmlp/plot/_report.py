"""The report of a training: pictures in files, and one page that has them all."""

from __future__ import annotations

import base64
import html
import os
import time
from string import Template
from typing import Any

from fastmlp._util import files
from fastmlp.plot._axes import pyplot
from fastmlp.plot._lesson import Figure, Trained, draw_lesson

_PAGE = "report.html"
_NAMES = (
    "activations.svg",
    "confusion_matrix.svg",
    "decision_boundary.svg",
    "history.svg",
    "mistakes.svg",
    "network.svg",
    "weights.svg",
    _PAGE,
)
# What ends the files that this writes, so that it replaces no others.
_MARK = b"<!-- made by fastmlp -->\n"


def check_folder(folder: str) -> str:
    """Return where a report goes, which can be written there.

    Called before a training, so that nobody learns only after it that it cannot be.

    Raises:
        ImportError: matplotlib is missing.
        OSError: It is no folder, cannot be written, or has a file of such a name that
            is not of an earlier report.
        ValueError: The name is none.
    """
    pyplot()
    path = os.path.abspath(os.path.expanduser(files.path_of("--plots", folder)))
    there = path
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        raise NotADirectoryError(
            f"the report cannot be written to {folder}: {there} is no folder"
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(
            f"the report cannot be written to {folder}: {there} is not yours to write"
        )
    for name in _NAMES:
        file = os.path.join(path, name)
        if os.path.lexists(file) and not _is_ours(file):
            raise FileExistsError(
                f"{file} is not of an earlier report and would be lost: name another "
                "folder, or move it away"
            )
    return path


def _is_ours(path: str) -> bool:
    """Tell whether a file ends as those of a report do."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        file.seek(-min(len(_MARK), os.path.getsize(path)), os.SEEK_END)
        return file.read() == _MARK


def write_report(folder: str, results: dict[str, Any], trained: Trained) -> str:
    """Draw a trained network, write pictures and page, and return where the page is.

    Args:
        folder: What `check_folder` has returned; it is made if it is missing.
        results: What `demo.run` returns.
        trained: The network.

    Raises:
        OSError: A file cannot be written; the page comes last.
    """
    figures = draw_lesson(trained)
    os.makedirs(folder, exist_ok=True)
    for figure in figures:
        _write(os.path.join(folder, f"{figure.name}.svg"), figure.svg["light"])
    page = os.path.join(folder, _PAGE)
    _write(page, _page(results, figures).encode())
    return page


def _write(path: str, content: bytes) -> None:
    with files.replacing(path) as file:
        file.write(content.rstrip() + b"\n" + _MARK)


def _page(results: dict[str, Any], figures: list[Figure]) -> str:
    with open(os.path.join(os.path.dirname(__file__), _PAGE), encoding="utf-8") as file:
        template = Template(file.read())
    data = results["data"]
    warning = ""
    if not data["is_mnist"]:
        warning = (
            f'<p class="warning">These are {html.escape(data["name"])}: figures for '
            "MNIST differ.</p>"
        )
    return template.substitute(
        accuracy=f"{results['test_accuracy']:.2%}",
        tested=f"{results['test_images']:,}",
        data=html.escape(data["name"]),
        warning=warning,
        tiles="".join(_tile(*one) for one in _most_wanted(results)),
        figures="".join(_figure(one) for one in figures),
        epochs=_epochs(results["history"]),
        facts=_facts(results),
        version=html.escape(results["version"]),
    )


def _most_wanted(results: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{results['test_accuracy']:.2%}", "of the test images right"),
        (f"{results['test_loss']:.4f}", "test loss"),
        (f"{results['training_seconds']:.2f} s", "of training"),
        (f"{results['epochs']}", f"epoch{'s' if results['epochs'] != 1 else ''}"),
        (f"{results['parameters']:,}", "parameters"),
    ]


def _tile(number: str, what: str) -> str:
    return f"<li><strong>{number}</strong> <span>{what}</span></li>"


def _figure(figure: Figure) -> str:
    light, dark = (
        f"data:image/svg+xml;base64,{base64.b64encode(figure.svg[style]).decode()}"
        for style in ("light", "dark")
    )
    # Printed on paper, a page is light.
    return f"""
<figure id="{figure.name}">
<h2>{html.escape(figure.title)}</h2>
<picture>
<source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">
<img src="{light}" alt="{html.escape(figure.alt)}">
</picture>
<figcaption>{html.escape(figure.caption)}</figcaption>
</figure>"""


def _epochs(history: dict[str, list[float]]) -> str:
    """Return the table of loss and metrics of each epoch."""
    names = sorted(history, key=lambda name: ("val_" in name, "loss" not in name))
    head = "".join(
        f'<th scope="col">{html.escape(name.replace("val_", "validation "))}</th>'
        for name in names
    )
    rows = "".join(
        f'<tr><th scope="row">{number}</th>'
        + "".join(f"<td>{value:.4f}</td>" for value in values)
        + "</tr>"
        for number, values in enumerate(
            zip(*(history[name] for name in names), strict=True), 1
        )
    )
    return (
        f'<thead><tr><th scope="col">epoch</th>{head}</tr></thead><tbody>{rows}</tbody>'
    )


def _facts(results: dict[str, Any]) -> str:
    """Return the table of what was run, and on what."""
    data = results["data"]
    facts = {
        "data": data["name"],
        "where from": data["source"],
        "images to train": f"{results['training_images']:,}",
        "images to test": f"{results['test_images']:,}",
        "batch size": results["batch_size"],
        "seed": "none: new weights each time"
        if results["seed"] is None
        else results["seed"],
        "training": f"{results['training_seconds']:.2f} seconds, with a look at the "
        "test images after each epoch",
        "threads": results["threads"],
        "instruction set": results["instruction_set"],
        "zeros": "skipped" if results["zero_skipping"] else "not skipped",
        "fastmlp": f"{results['version']}, backend {results['backend']}",
        "Python, NumPy": f"{results['python']}, {results['numpy']}",
        "written": time.strftime("%Y-%m-%d %H:%M"),
    }
    return "".join(
        f'<tr><th scope="row">{name}</th><td>{html.escape(str(value))}</td></tr>'
        for name, value in facts.items()
    )
