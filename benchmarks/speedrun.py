"""Time to accuracy: `python benchmarks/speedrun.py 98.0 98.5 98.8`.

For each mark, in percent of the test digits of MNIST that are read right, a recipe of
recipes.py is trained from the arrays as `mnist.load_data` gives them, uint8 images and
labels, again and again, each time from another seed. All that it takes counts: building
and compiling the model, preparing images, training. The mark is reached if the mean
accuracy of all seeds is above it. Printed are wall time, processor time, which is that
of all threads together and steadier on a busy machine, accuracies, and how many seeds
are above the mark.

PyTorch and Keras on JAX, where they are installed, follow the same recipe beside it,
from a few of the seeds, as they take longer. Each library has a process of its own, on
as many threads as there are processors; before its clock runs, it has trained once.

The recipes were searched on the last 10,000 training rows, trained on the others, as
`--validation` does; the test digits have decided nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from digits import load_images
from machine import find_versions, machine_name
from one_run import SLOWING_VARIABLES, THREAD_VARIABLES, RunFailed
from peers import PEERS
from recipes import RECIPES, TRAINERS
from report import as_seconds
from schedule import Run, TimeLeft, in_words

from fastmlp._util.cores import usable_processors

VALIDATION_ROWS = 10_000
# Guesses, until it is known better: of fastmlp's seconds an epoch, and of how many
# times as long others take.
SECONDS_AN_EPOCH = 0.12


class Worker:
    """A process that trains by one library, as often as it is asked.

    Args:
        peer: The name of the library.
        threads: On how many threads.
        validation: Whether accuracy is that of validation rows.

    Raises:
        RunFailed: The process ended.
    """

    def __init__(self, peer, threads, validation):
        environment = {**os.environ, **PEERS[peer].environment}
        for name in SLOWING_VARIABLES:
            environment.pop(name, None)
        environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
        settings = {"peer": peer, "threads": threads, "validation": validation}
        # A file, since nobody would empty a pipe while the process trains.
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", json.dumps(settings)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def train(self, mark, seed):
        """Return the seconds of a training, those of processors, and its accuracy."""
        try:
            self.process.stdin.write(f"{mark} {seed}\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self.process.wait()
            self.errors.seek(0)
            error = self.errors.read().strip()
            raise RunFailed(error or "it ended without a word") from None

    def close(self):
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def load(validation):
    """Return images and labels to train on, and those to judge by."""
    (train, test), _ = load_images()
    if validation:
        images, labels = train
        train = images[:-VALIDATION_ROWS], labels[:-VALIDATION_ROWS]
        test = images[-VALIDATION_ROWS:], labels[-VALIDATION_ROWS:]
    return train, test


def work(peer, threads, validation):
    """Train whenever a line on standard input says so: what a worker's process does."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    (images, labels), (test_images, test_labels) = load(validation)
    train = TRAINERS[peer]
    few = slice(0, 2048)
    train(next(iter(RECIPES.values())), images[few], labels[few], 0)
    for line in sys.stdin:
        mark, seed = line.split()
        started = time.perf_counter(), time.process_time()
        classify = train(RECIPES[mark], images, labels, int(seed))
        found = {
            "seconds": time.perf_counter() - started[0],
            "processor_seconds": time.process_time() - started[1],
            "accuracy": 100 * float((classify(test_images) == test_labels).mean()),
        }
        print(json.dumps(found), flush=True)


def plan(marks, peers, seeds, peer_seeds, threads):
    """Return pairs of a run and its seed, in their order.

    Seeds count from 1. fastmlp has each of them; the others have few, spread evenly, so
    that all see the machine in the same moods.

    Example:
        >>> pairs = plan(["98.0"], ["fastmlp", "torch"], 4, 2, 1)
        >>> [(run.peer, seed) for run, seed in pairs]
        [('fastmlp', 1), ('torch', 1), ('fastmlp', 2), ('fastmlp', 3), ('torch', 3), ('fastmlp', 4)]
    """  # noqa: E501
    every = max(1, seeds // peer_seeds) if peer_seeds else seeds + 1
    return [
        (Run(mark, peer, threads), seed)
        for mark in marks
        for seed in range(1, seeds + 1)
        for peer in peers
        if peer == "fastmlp" or ((seed - 1) % every == 0 and seed <= every * peer_seeds)
    ]


def guess_seconds(run):
    """Return about how long a run takes, when nothing is known of the machine."""
    return SECONDS_AN_EPOCH * RECIPES[run.job].epochs * PEERS[run.peer].pace


def summarize(mark, peer, results):
    """Return what the runs of a library for a mark come to.

    Args:
        mark: In percent, as a text.
        peer: The name of the library.
        results: What its runs measured: "seconds", "processor_seconds", and
            "accuracy", in percent.
    """
    seconds = sorted(result["seconds"] for result in results)
    accuracies = sorted(result["accuracy"] for result in results)
    mean = statistics.mean(accuracies)
    return {
        "mark": mark,
        "peer": peer,
        "recipe": RECIPES[mark].title,
        "runs": len(results),
        "seconds": {
            "median": statistics.median(seconds),
            "min": seconds[0],
            "max": seconds[-1],
        },
        "processor_seconds": statistics.median(r["processor_seconds"] for r in results),
        "accuracy": {
            "mean": mean,
            "deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0,
            "quartiles": quartiles(accuracies),
        },
        "above": sum(accuracy > float(mark) for accuracy in accuracies),
        "reached": mean > float(mark),
    }


def quartiles(values):
    """Return the least of them, the quartiles, and the largest.

    Example:
        >>> quartiles([4.0, 1.0, 3.0, 2.0, 5.0])
        [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    if len(values) == 1:
        return values * 5
    inner = statistics.quantiles(values, n=4, method="inclusive")
    return [min(values), *inner, max(values)]


def as_table(rows):
    """Return what `summarize` found as a table in Markdown.

    Rows of a mark follow each other, and the first of them has seconds that the ratios
    of the others are to.
    """
    header = ("mark", "", "time", "range", "ratio", "of processors")
    header += ("accuracy", "above", "mark is")
    lines, first = [], {}
    for row in rows:
        seconds, accuracy = row["seconds"], row["accuracy"]
        base = first.setdefault(row["mark"], seconds["median"])
        lines.append(
            (
                f"{row['mark']} %",
                PEERS[row["peer"]].title,
                as_seconds(seconds["median"]),
                f"{as_seconds(seconds['min'])} to {as_seconds(seconds['max'])}",
                f"{seconds['median'] / base:.1f}",
                as_seconds(row["processor_seconds"]),
                f"{accuracy['mean']:.2f} ± {accuracy['deviation']:.2f} %",
                f"{row['above']} of {row['runs']}",
                "reached" if row["reached"] else "missed",
            )
        )
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        f"| {' | '.join(map(str.ljust, cells, widths))} |"
        for cells in (header, rule, *lines)
    )


def as_distribution(row):
    """Return how the accuracies of a row are spread, in one line."""
    low, *inner, high = (f"{value:.2f}" for value in row["accuracy"]["quartiles"])
    return (
        f"{row['mark']} %, {PEERS[row['peer']].title}, {row['recipe']}: "
        f"{low} to {high} %, quartiles {', '.join(inner)} %"
    )


def measure(pairs, threads, validation):
    """Do the runs; return what each measured, and the sentences of who failed."""
    left = TimeLeft([run for run, _ in pairs], guess_seconds)
    print(f"Runs: {len(pairs)}, about {in_words(left.seconds())}.", flush=True)
    workers, measured, failed = {}, [], {}
    try:
        for number, (run, seed) in enumerate(pairs, 1):
            if run.peer in failed:
                continue
            if run.peer not in workers:
                workers[run.peer] = Worker(run.peer, threads, validation)
            try:
                found = workers[run.peer].train(run.job, seed)
            except RunFailed as error:
                failed[run.peer] = str(error).splitlines()[-1]
                print(f"{PEERS[run.peer].title} failed:\n{error}", flush=True)
                continue
            left.note(run, found["seconds"])
            measured.append({**run._asdict(), "seed": seed, **found})
            print(
                f"[{number:{len(str(len(pairs)))}}/{len(pairs)}] {run.job} % "
                f"{PEERS[run.peer].title:12} seed {seed:2}: "
                f"{as_seconds(found['seconds']):>8} {found['accuracy']:.2f} %, "
                f"{in_words(left.seconds())} left",
                flush=True,
            )
    except KeyboardInterrupt:
        print("\nStopped; this is what was measured until then.")
    finally:
        for worker in workers.values():
            worker.close()
    return measured, failed


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    titles = "; ".join(f"{mark}: {recipe.title}" for mark, recipe in RECIPES.items())
    parser.add_argument(
        "marks", nargs="*", metavar="MARK", help=f"as a rule all of them ({titles})"
    )
    parser.add_argument("--seeds", type=int, default=30, help="as a rule 30")
    parser.add_argument(
        "--peer-seeds", type=int, default=5, help="of the other libraries, as a rule 5"
    )
    parser.add_argument(
        "--peers", nargs="*", choices=TRAINERS, default=list(TRAINERS), metavar="PEER"
    )
    parser.add_argument("--threads", type=int, default=usable_processors())
    parser.add_argument(
        "--validation",
        action="store_true",
        help="train on 50,000 rows, judge on the other 10,000, as in the search",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write all that was measured"
    )
    parser.add_argument("--work", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for mark in options.marks:
        if mark not in RECIPES:
            known = ", ".join(RECIPES)
            parser.error(f"there is no recipe for {mark}, but for {known}")
    if options.seeds < 1 or options.peer_seeds < 0 or options.threads < 1:
        parser.error("--seeds and --threads are at least 1, --peer-seeds at least 0")
    return options


def main():
    options = parse_arguments()
    if options.work:
        work(**options.work)
        return
    names = list(dict.fromkeys(["fastmlp", *options.peers]))
    peers = [name for name in names if not PEERS[name].missing()]
    for name in names:
        if name not in peers:
            missing = " and ".join(PEERS[name].missing())
            print(f"{PEERS[name].title} is left out: {missing} not installed.")
    _, digits = load_images()
    marks = options.marks or list(RECIPES)
    part = "the last 10,000 training rows" if options.validation else "the test rows"
    print(f"{machine_name()}; {digits}, accuracy on {part}")
    pairs = plan(marks, peers, options.seeds, options.peer_seeds, options.threads)
    measured, failed = measure(pairs, options.threads, options.validation)
    rows = [
        summarize(mark, peer, results)
        for mark in marks
        for peer in peers
        if (results := [r for r in measured if (r["job"], r["peer"]) == (mark, peer)])
    ]
    if not rows:
        raise SystemExit("Nothing was measured.")
    print(f"\n{as_table(rows)}\n")
    print(*map(as_distribution, rows), sep="\n")
    if options.json:
        modules = dict.fromkeys(
            ["numpy", *(m for p in peers for m in PEERS[p].modules)]
        )
        report = {
            "machine": machine_name(),
            "versions": find_versions(modules),
            "digits": digits,
            "accuracy_on": part,
            "rows": rows,
            "runs": measured,
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
