"""Ask fastmlp, Keras and scikit-learn the same mistakes, and print what each does.

Run as `KERAS_BACKEND=jax python -m bad_input` in `tests/`, where the other libraries are
installed; with `-v`, it also prints what was taken in silence, and what failed inside.
A sentence is an exception that the library raises itself, or a warning; an internal
error comes from somewhere below it, and is about something that the user never wrote.
"""

import contextlib
import importlib
import io
import operator
import os
import sys
import tempfile
import traceback
import warnings
from collections import Counter

from bad_input.catalogue import CATALOGUE
from bad_input.values import SECRET, WORD, a_model

OUTCOMES = ("sentence", "internal error", "silence")


def is_own(error, package):
    """Tell whether a library says it itself, or Python for it."""
    of_python = ("unexpected keyword argument", "required positional argument")
    if isinstance(error, OSError) or any(words in str(error) for words in of_python):
        return True
    last = traceback.extract_tb(error.__traceback__)[-1]
    own_code = f"{os.sep}{package}{os.sep}" in last.filename
    return own_code and (last.line or "").startswith("raise")


def outcome_of(call, package):
    """Return what comes of a mistake, and the message."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            call()
        except Exception as error:
            kind = OUTCOMES[0] if is_own(error, package) else OUTCOMES[1]
            return kind, f"{type(error).__name__}: {error}"
    about = [
        one for one in told if issubclass(one.category, (UserWarning, RuntimeWarning))
    ]
    if about:
        return OUTCOMES[0], str(about[0].message)
    return OUTCOMES[2], ""


def has_call(library, name):
    try:
        operator.attrgetter(name.partition(": ")[0])(library)
    except AttributeError:
        return False
    return True


def outcomes_of_keras_like(library):
    """Return {name: (outcome, message)} of a library that has Keras's names."""
    found = {}
    for name, row in CATALOGUE.items():
        if row.own or not has_call(library, name):
            continue
        model = a_model(library, row.loss) if row.needs_model() else None
        found[name] = outcome_of(row.mistake(library, model), library.__name__)
    return found


def outcomes_of_scikit_learn():
    from bad_input.scikit_learn import CALLS

    strangers = set(CALLS) - set(CATALOGUE)
    assert not strangers, strangers
    return {name: outcome_of(call, "sklearn") for name, call in CALLS.items()}


def print_table(tables):
    print(f"| of these mistakes | {' | '.join(tables)} |")
    print(f"|---|{'---:|' * len(tables)}")
    for what, count in {
        "asked": len,
        "a sentence of its own": lambda found: _count(found)[OUTCOMES[0]],
        "an internal error": lambda found: _count(found)[OUTCOMES[1]],
        "taken in silence": lambda found: _count(found)[OUTCOMES[2]],
        "the message prints the data": _leaks,
    }.items():
        cells = [f"{count(found):,}" for found in tables.values()]
        print(f"| {what} | {' | '.join(cells)} |")


def _count(found):
    return Counter(kind for kind, _ in found.values())


def _leaks(found):
    return sum(
        str(SECRET)[:6] in message or WORD in message for _, message in found.values()
    )


def main():
    tables = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # Where a library writes a file that it should have refused.
        for name in ("fastmlp", "keras"):
            with contextlib.suppress(ImportError):
                library = importlib.import_module(name)
                if name == "keras":
                    library.config.disable_traceback_filtering()
                with contextlib.redirect_stdout(io.StringIO()):
                    tables[name] = outcomes_of_keras_like(library)
        with contextlib.suppress(ImportError):
            importlib.import_module("sklearn")
            with contextlib.redirect_stdout(io.StringIO()):
                tables["scikit-learn"] = outcomes_of_scikit_learn()
    print_table(tables)
    shared = set.intersection(*map(set, tables.values()))
    print(f"\nOf the {len(shared)} that all of them were asked:\n")
    print_table(
        {who: {name: found[name] for name in shared} for who, found in tables.items()}
    )
    if "-v" in sys.argv:
        for who, found in tables.items():
            for name, (kind, message) in found.items():
                if kind != OUTCOMES[0]:
                    print(f"{who}: {kind}: {name}: {message[:120]!r}")


if __name__ == "__main__":
    main()
