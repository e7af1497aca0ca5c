"""Compare fastmlp with other libraries on whole jobs: `python benchmarks/compare.py`.

Takes part what can be imported by the interpreter that runs this: NumPy, and Keras with
each of its backends, PyTorch, JAX and scikit-learn. Every run is a process of its own
(one_run.py says what is timed there), the peers take turns (A B C A B C ...), and the
tables show medians, so that a machine whose speed drifts is unfair to nobody.

The digits are MNIST if `FASTMLP_TEST_MNIST` names its file, else drawn by fastmlp. How
many runs there are, and how long they take, is said at once, and after each run better.
Ctrl-C ends the runs, and what was measured until then is reported.
"""

import argparse
import datetime
import json
import sys
import tempfile
import time
from pathlib import Path

import against
import picture
import report as reports
from digits import load_images
from jobs import JOBS
from machine import find_versions, machine_name
from one_run import RunFailed, start_run
from peers import PEERS
from schedule import TimeLeft, guess_seconds, in_words, plan

from fastmlp._util.cores import usable_processors

RESULTS = Path(__file__).parent / "results"


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    titles = "; ".join(f"{name}: {job.title}" for name, job in JOBS.items())
    parser.add_argument(
        "--jobs", nargs="+", choices=JOBS, default=list(JOBS), help=titles
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=PEERS,
        default=list(PEERS),
        help="libraries to compare with; fastmlp always takes part",
    )
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        help="each library runs on each of these numbers of threads; as a rule all run "
        "on all processors, fastmlp and NumPy on one, too",
    )
    parser.add_argument("--repeats", type=int, default=5, help="turns, as a rule 5")
    parser.add_argument("--quick", action="store_true", help="few rows, to try it out")
    parser.add_argument(
        "--out", type=Path, help="folder of the report, as a rule results/ and the date"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OLD.JSON",
        help="comparison.json of an older report: what got slower since",
    )
    return parser.parse_args()


def find_contestants(names, threads):
    """Return pairs of a peer and its threads; fastmlp is ahead on each number."""
    names = list(dict.fromkeys(["fastmlp", *names]))
    if threads:
        return [(name, count) for count in dict.fromkeys(threads) for name in names]
    contestants = [(name, usable_processors()) for name in names]
    if usable_processors() > 1:
        # NumPy's best may be one thread, and on one thread kernel meets kernel.
        contestants += [(name, 1) for name in names if name in ("fastmlp", "numpy")]
    return contestants


def measure(runs, data, quick):
    """Do the runs, and say how it goes; return what was measured, and what failed."""
    left = TimeLeft(runs, lambda run: guess_seconds(run, quick))
    print(f"about {in_words(left.seconds())}; known better after every run.\n")
    measured, failures, turns = [], {}, {}
    width = max(len(f"{run.job}: {PEERS[run.peer].title}") for run in runs)
    try:
        for number, run in enumerate(runs, 1):
            if run in failures:
                continue
            turns[run] = turns.get(run, 0) + 1
            name = f"{run.job}: {PEERS[run.peer].title}"
            begun = f"[{number:{len(str(len(runs)))}}/{len(runs)}] {name:{width}}"
            print(begun, f"threads: {run.threads} ", end=" ", flush=True)
            started = time.perf_counter()
            try:
                found = start_run(run, data, quick)
            except RunFailed as error:
                print(f"failed:\n{error}", flush=True)
                failures[run] = str(error).splitlines()[-1]
                left.drop(run)
                if run.peer == "fastmlp":
                    break
                continue
            left.note(run, time.perf_counter() - started)
            measured.append({**run._asdict(), "turn": turns[run], **found})
            print(
                f"fit {reports.as_seconds(found['fit']):>8}"
                + f"   {in_words(left.seconds())} left" * bool(left.runs),
                flush=True,
            )
    except KeyboardInterrupt:
        print("\nEnded early: what follows is of the runs so far.")
    return measured, failures


def save_digits(folder):
    """Save the digits for the runs to load; return the file and what they are."""
    import numpy as np

    ((x, y), (x_test, y_test)), name = load_images()
    path = folder / "digits.npz"
    np.savez(
        path,
        x_train=x.reshape(len(x), -1),
        y_train=y,
        x_test=x_test.reshape(len(x_test), -1),
        y_test=y_test,
    )
    return path, name


def write(report, folder, old):
    """Print the report and write its files, the picture where matplotlib is."""
    page = reports.as_markdown(report)
    if old is not None:
        page += "\n" + against.as_markdown(old, report)
    print(f"\n{page}")
    (folder / "comparison.md").write_text(page, encoding="utf-8")
    (folder / "comparison.json").write_text(
        json.dumps(report, indent=1) + "\n", encoding="utf-8"
    )
    try:
        picture.save(report, folder)
    except ImportError:
        print("No picture without matplotlib: pip install 'fastmlp[bench]'.")
    print(f"The report is in {folder}")


def compose(options, contestants, digits, measured, left_out):
    """Return the report of what was measured, which is what comparison.json holds."""
    jobs = {n: JOBS[n].quick() if options.quick else JOBS[n] for n in options.jobs}
    peers = {name: PEERS[name] for name, _ in contestants}
    modules = dict.fromkeys(m for peer in peers.values() for m in peer.modules)
    tolerances = {name: job.tolerance for name, job in jobs.items()}
    return {
        "format": reports.FORMAT,
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "machine": machine_name(),
        "versions": find_versions(modules),
        "digits": digits,
        "jobs": {name: job.title for name, job in jobs.items()},
        "test_rows": {name: job.test_rows for name, job in jobs.items()},
        "peers": {name: peer.title for name, peer in peers.items()},
        "left_out": left_out,
        "rows": reports.summarize(measured, tolerances),
        "runs": measured,
    }


def main():
    options = parse_arguments()
    old = reports.read(options.against) if options.against else None
    missing = {name: PEERS[name].missing() for name in options.peers}
    left_out = [
        f"{PEERS[name].title} is left out: {' and '.join(modules)} not installed."
        for name, modules in missing.items()
        if modules
    ]
    names = [name for name in options.peers if not missing[name]]
    contestants = find_contestants(names, options.threads)
    runs = plan(options.jobs, contestants, options.repeats)
    folder = options.out or RESULTS / f"{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}"
    folder.mkdir(parents=True, exist_ok=True)
    print(machine_name(), *left_out, sep="\n")
    print(
        f"{len(runs)} runs (jobs: {len(options.jobs)}, contestants: "
        f"{len(contestants)}, turns: {options.repeats}),",
        end=" ",
    )
    with tempfile.TemporaryDirectory() as temporary:
        data, digits = save_digits(Path(temporary))
        measured, failures = measure(runs, data, options.quick)
    if not measured:
        raise SystemExit("Nothing was measured, so there is no report.")
    left_out += [
        f"{PEERS[run.peer].title} failed on {run.job}, threads: {run.threads}: {error}"
        for run, error in failures.items()
    ]
    write(compose(options, contestants, digits, measured, left_out), folder, old)
    if failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
