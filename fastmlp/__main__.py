"""The command line: `fastmlp mnist`, `draw`, `run` and `info`."""

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from fastmlp._util import files, folders
from fastmlp._version import __version__

# Of what a prediction is about: more is a slip of the keyboard.
_MOST = 10**9


class _Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistake with one line, not with a page."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        argv: The arguments after the program's name; None takes the real ones.

    Returns:
        0, or 1 after an error, or 130 after Ctrl-C.

    Raises:
        SystemExit: The arguments make no sense (status 2), or ask for help or for
            the version (status 0).
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "mnist":
            _mnist(arguments)
        elif arguments.command == "draw":
            _draw(arguments)
        elif arguments.command == "examples":
            _examples(arguments)
        elif arguments.command == "info":
            _info(arguments)
        elif arguments.command == "run":
            return _run(arguments)
        else:
            parser.print_help()
        if sys.stdout is not None:  # It is None where it was closed before.
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nfastmlp: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader, such as `head`, has left; Python's last flush must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, OSError, ValueError) as error:
        print(f"fastmlp: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fastmlp",
        description="A multilayer perceptron that is fast and easy to read.",
    )
    parser.add_argument("--version", action="version", version=f"fastmlp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    mnist = commands.add_parser(
        "mnist",
        help="train a network to read handwritten digits",
        description="Train a network of 784, 128 and 10 units to read digits.",
    )
    mnist.add_argument(
        "--data",
        metavar="PATH|mnist|synthetic",
        help="an .npz file in MNIST's format, MNIST from the cache or the network, or "
        "digits that fastmlp draws itself (default: MNIST, or the drawn ones where "
        "it cannot be had)",
    )
    for option, default, what in [
        ("--epochs", 5, "passes over the training images"),
        ("--batch-size", 128, "images per step"),
    ]:
        mnist.add_argument(
            option,
            type=_whole_number(1),
            default=default,
            metavar="N",
            help=f"{what} (default: {default})",
        )
    mnist.add_argument(
        "--seed",
        type=_whole_number(0),
        metavar="N",
        help="make the run repeat (default: new initial weights each time)",
    )
    mnist.add_argument("--json", metavar="FILE", help="write the results to this file")
    mnist.add_argument(
        "--plots",
        metavar="DIR",
        help="write pictures and a report of the run to this folder (takes matplotlib: "
        "pip install 'fastmlp[plot]')",
    )
    _add_draw(commands)
    examples = commands.add_parser(
        "examples",
        help="copy lessons and scripts into a folder, or list them",
        description="Copy the lessons and scripts into a folder. Nothing that is there "
        "is written over. Without a folder: list them.",
    )
    examples.add_argument("folder", metavar="DIR", nargs="?", help="where to")
    run = commands.add_parser(
        "run",
        help="run a Keras script or notebook as it is found",
        description="Run a script or notebook that was written for Keras: in it, keras "
        "and tensorflow.keras are fastmlp.",
    )
    run.add_argument(
        "--shadow",
        action="store_true",
        help="do so although Keras or TensorFlow is installed, too",
    )
    run.add_argument("script", metavar="SCRIPT", help="a .py or .ipynb file")
    run.add_argument(
        "arguments",
        metavar="ARGUMENT",
        nargs=argparse.REMAINDER,
        help="what the script finds in sys.argv",
    )
    _add_info(commands)
    return parser


def _add_draw(commands: Any) -> None:
    draw = commands.add_parser(
        "draw",
        help="open a page to draw digits on, which a network reads",
        description="Serve a page on this computer alone: draw a digit, and see what "
        "a network makes of it. Ctrl-C ends it.",
    )
    draw.add_argument(
        "--model",
        metavar="FILE",
        help="a saved model that takes 784 pixels and has ten outputs (default: train "
        "one, in under a second)",
    )
    draw.add_argument(
        "--port",
        type=_whole_number(0, 65535),
        default=0,
        metavar="N",
        help="serve it there (default: 0, which is any free port)",
    )
    draw.add_argument(
        "--no-browser", action="store_true", help="open no browser, print the address"
    )


def _add_info(commands: Any) -> None:
    info = commands.add_parser(
        "info",
        help="print the version and what it runs on, or how long a job will take",
        description="Print the version and what it runs on. With --speed: measure for "
        "half a second what this machine can do, and predict how long training takes.",
    )
    info.add_argument(
        "--speed",
        type=_sizes,
        metavar="SIZES",
        help="predict for dense layers of these sizes, the inputs first, such as "
        "784-512-512-10",
    )
    for options, what in [
        (["--rows"], "rows of an epoch (default: 60,000)"),
        (["--batch-size", "--batch"], "rows of a batch (default: 32)"),
        (["--threads"], "as many at most (default: all at hand)"),
        (["--epochs"], "tell the time of so many, too"),
    ]:
        info.add_argument(
            *options,
            type=_whole_number(1, _MOST),
            metavar="N",
            help=f"with --speed: {what}",
        )


def _sizes(text: str) -> tuple[int, ...]:
    size = _whole_number(1, _MOST)
    try:
        inputs, first, *later = map(size, text.split("-"))
    except (ValueError, argparse.ArgumentTypeError):
        raise argparse.ArgumentTypeError(
            "expected the number of inputs and of the units of each layer, such as "
            f"784-128-10, found {text!r}"
        ) from None
    return inputs, first, *later


def _whole_number(least: int, most: float = math.inf) -> Callable[[str], int]:
    asked = f"of at least {least}" if most == math.inf else f"from {least} to {most}"

    def whole_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number {asked}, found {text!r}"
            )
        return number

    return whole_number


def _mnist(arguments: argparse.Namespace) -> None:
    # Only here: `fastmlp --help` needs neither the data sets nor the network.
    from fastmlp import demo

    with contextlib.ExitStack() as stack:
        report = None
        if arguments.json is not None:
            # Opened first: nobody wants to learn after the training that it cannot be.
            path = files.path_of("--json", arguments.json)
            try:
                report = stack.enter_context(files.replacing(path))
            except OSError as error:
                raise OSError(
                    f"the results cannot be written to {arguments.json}: "
                    f"{error.strerror or error}"
                ) from error
        plots = None
        if arguments.plots is not None:
            from fastmlp.plot._report import check_folder

            # Pictures that are written need no window, nor a screen.
            os.environ.setdefault("MPLBACKEND", "agg")
            plots = check_folder(arguments.plots)
        results = demo.run(
            arguments.data,
            arguments.epochs,
            arguments.batch_size,
            arguments.seed,
            plots,
        )
        if report is not None:
            demo.write_json(results, report)


def _draw(arguments: argparse.Namespace) -> None:
    from fastmlp._draw import app

    app.run(arguments.model, arguments.port, not arguments.no_browser)


def _examples(arguments: argparse.Namespace) -> None:
    from fastmlp import _examples

    titles = _examples.titles()
    names = {name: name for name in titles}
    if arguments.folder is not None:
        copied = _examples.copy_into(arguments.folder)
        names = {path.name: str(path) for path in copied}
    width = max(map(len, names.values()))
    for name, shown in names.items():
        print(f"{shown:{width}}  {titles[name]}")
    if arguments.folder is None:
        print("\nfastmlp examples DIR copies them into a folder.")
    else:
        print("\nOpen a lesson in Jupyter or VS Code, or see it run:")
        print(f"fastmlp run {names['mnist.ipynb']}")


def _run(arguments: argparse.Namespace) -> int:
    from fastmlp._as_keras import _scripts

    try:
        return _scripts.run(arguments.script, arguments.arguments, arguments.shadow)
    except RuntimeError as error:  # Keras is installed; what the script does wrong is
        # said with its own lines.
        print(f"fastmlp: {error}", file=sys.stderr)
        return 1


def _info(arguments: argparse.Namespace) -> None:
    if arguments.speed is not None:
        from fastmlp import _speed

        _speed.print_speed(
            arguments.speed,
            arguments.rows or 60_000,
            arguments.batch_size or 32,
            arguments.threads,
            arguments.epochs,
        )
        return
    for name in ("rows", "batch_size", "threads", "epochs"):
        if getattr(arguments, name) is not None:
            raise ValueError(
                f"info --{name.replace('_', '-')} is about a job: say which with "
                "--speed, such as --speed 784-128-10."
            )
    from fastmlp import demo

    folder = folders.cache_folder()
    stored = (folder / "datasets" / "mnist.npz").is_file()
    content = "holds MNIST" if stored else "MNIST is not in it"
    facts = {**demo.environment(), "cache folder": f"{folder} ({content})"}
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):{width}}  {value}")


if __name__ == "__main__":
    sys.exit(main())
