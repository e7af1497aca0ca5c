"""Compare fastmlp with other libraries on whole jobs: `python benchmarks/compare.py`.

Takes part what can be imported by the interpreter that runs this: NumPy, and Keras with
each of its backends, PyTorch, JAX and scikit-learn. Every run is a process of its own,
the peers take turns (A B C A B C ...), and the table shows medians, so that a machine
whose speed drifts is unfair to nobody. In each process:

1. the library is imported and trains a few batches, untimed;
2. `fit` is timed, on a new network and from the notebook's float64 arrays, with any
   conversion and compilation that it does;
3. one more epoch is timed by itself;
4. the accuracy on the test digits is computed, which shows that the same was learnt.

A row compares with fastmlp on as many threads. The digits are MNIST if
`FASTMLP_TEST_MNIST` names its file, else drawn by fastmlp.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# A peer gets its threads by its processors and by these.
THREAD_VARIABLES = (
    "FASTMLP_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
# Settings that would slow a peer down; every run starts without them.
SLOWING_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


# ---------------------------------------------------------------------------
# One run, in a process of its own
# ---------------------------------------------------------------------------


def run_once(peer_name, job_name, threads, data, quick):
    """Train once and print what was measured as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import numpy as np
    from jobs import JOBS, PEERS

    job = JOBS[job_name]
    if quick:
        job = job._replace(rows=2048, epochs=1)
    with np.load(data) as arrays:
        x = arrays["x_train"][: job.rows] / 255.0
        y = np.eye(10)[arrays["y_train"][: job.rows]]
        x_test, labels = arrays["x_test"] / 255.0, arrays["y_test"]
    if job.standardized:
        center, spread = x.mean(axis=0), x.std(axis=0) + 0.1
        x, x_test = (x - center) / spread, (x_test - center) / spread
    build = PEERS[peer_name].build
    build(job)[0](x[: 2 * job.batch_size], y[: 2 * job.batch_size], 1)
    fit, predict = build(job)
    started = time.perf_counter()
    fit(x, y, job.epochs)
    fitted = time.perf_counter()
    fit(x, y, 1)
    resumed = time.perf_counter()
    accuracy = float((np.asarray(predict(x_test)).argmax(axis=1) == labels).mean())
    print(
        json.dumps(
            {
                "fit": fitted - started,
                "later_epoch": resumed - fitted,
                "accuracy": accuracy,
            }
        )
    )


def start_run(peer_name, job_name, threads, data, quick):
    """Run this script again as one peer's process; return what it measured."""
    from jobs import PEERS

    environment = {**os.environ, **PEERS[peer_name].environment}
    for name in SLOWING_VARIABLES:
        environment.pop(name, None)
    environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    command = [sys.executable, __file__, "--run", peer_name, job_name, str(threads)]
    command += [str(data), *(["--quick"] if quick else [])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{peer_name} failed on the job {job_name}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------------------
# All runs
# ---------------------------------------------------------------------------


def measure(job_names, contestants, repeats, data, quick):
    """Return the medians: one row for each job and contestant (peer, threads)."""
    rows = []
    for job_name in job_names:
        runs = {contestant: [] for contestant in contestants}
        for _ in range(repeats):
            for peer, threads in contestants:
                run = start_run(peer, job_name, threads, data, quick)
                print(
                    f"{job_name}: {peer}, threads: {threads}, {run['fit']:.2f} s",
                    file=sys.stderr,
                    flush=True,
                )
                runs[peer, threads].append(run)
        for (peer, threads), measured in runs.items():
            rows.append({"job": job_name, "peer": peer, "threads": threads})
            for name in ("fit", "later_epoch", "accuracy"):
                values = [run[name] for run in measured]
                rows[-1][name] = statistics.median(values)
                rows[-1][f"{name}_range"] = [min(values), max(values)]
    return rows


def add_ratios(rows):
    """Say how many times fastmlp's time each peer takes, on as many threads."""
    from jobs import JOBS

    for row in rows:
        own = next(
            other
            for other in rows
            if (other["job"], other["threads"], other["peer"])
            == (row["job"], row["threads"], "fastmlp")
        )
        row["ratio"] = row["fit"] / own["fit"]
        row["later_ratio"] = row["later_epoch"] / own["later_epoch"]
        difference = abs(row["accuracy"] - own["accuracy"])
        row["learnt_the_same"] = difference < JOBS[row["job"]].tolerance


def find_versions(peers):
    """Return the version of each library that takes part."""
    names = {"sklearn": "scikit-learn"}
    versions = {"python": platform.python_version()}
    for module in dict.fromkeys(m for peer in peers for m in peer.modules):
        try:
            versions[module] = importlib.metadata.version(names.get(module, module))
        except importlib.metadata.PackageNotFoundError:
            versions[module] = getattr(__import__(module), "__version__", "?")
    return versions


def machine_name():
    """Return the processor's name, and how many processors this process may use."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            names = [line.split(":")[1] for line in file if "model name" in line]
        name = names[0].strip() if names else name
    return f"{name}, {platform.system()}, {available_processors()} processors"


def available_processors():
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def save_digits(folder):
    """Save the digits for the runs to load; return the file and what they are."""
    import numpy as np
    from digits import load_images

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


# ---------------------------------------------------------------------------
# The report
# ---------------------------------------------------------------------------


def as_markdown(report):
    """Return the report as a page of tables."""
    from jobs import JOBS, PEERS

    versions = ", ".join(f"{k} {v}" for k, v in report["versions"].items())
    lines = [
        f"{report['machine']}. {versions}.",
        f"Digits: {report['digits']}. Medians of {report['repeats']} runs, each a",
        "process of its own, in turns. The ratios are to fastmlp on as many threads.",
    ]
    for job_name in dict.fromkeys(row["job"] for row in report["rows"]):
        lines += [
            "",
            f"### {JOBS[job_name].title}",
            "",
            "| | threads | fit | ratio | a later epoch | ratio | test accuracy |",
            "|---|---|---|---|---|---|---|",
        ]
        rows = [row for row in report["rows"] if row["job"] == job_name]
        for row in sorted(rows, key=lambda row: (row["threads"], row["fit"])):
            accuracy = f"{row['accuracy']:.4f}"
            if not row["learnt_the_same"]:
                accuracy += " (not the same)"
            lines.append(
                f"| {PEERS[row['peer']].title} | {row['threads']} "
                f"| {row['fit']:.2f} s | {row['ratio']:.1f} "
                f"| {row['later_epoch']:.3f} s | {row['later_ratio']:.1f} "
                f"| {accuracy} |"
            )
    return "\n".join(lines) + "\n"


def draw(report, path):
    """Draw the times of `fit`, one panel a job, if matplotlib is there."""
    if importlib.util.find_spec("matplotlib") is None:
        return
    import matplotlib

    matplotlib.use("Agg")
    from jobs import JOBS, PEERS
    from matplotlib import pyplot

    names = list(dict.fromkeys(row["job"] for row in report["rows"]))
    figure, panels = pyplot.subplots(
        len(names), 1, figsize=(8, 3 * len(names)), squeeze=False
    )
    for name, panel in zip(names, panels[:, 0], strict=True):
        rows = [row for row in report["rows"] if row["job"] == name]
        rows.sort(key=lambda row: -row["fit"])
        labels = [f"{PEERS[r['peer']].title}, threads: {r['threads']}" for r in rows]
        colors = ["C1" if row["peer"] == "fastmlp" else "C0" for row in rows]
        panel.barh(labels, [row["fit"] for row in rows], color=colors)
        panel.set_title(JOBS[name].title, loc="left")
        panel.set_xlabel("seconds")
    figure.tight_layout()
    figure.savefig(path)


def parse_arguments():
    from jobs import JOBS, PEERS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--threads", type=int, default=available_processors())
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few rows, to try it out")
    parser.add_argument("--out", type=Path, help="folder for the report's files")
    return parser.parse_args()


def main():
    from jobs import PEERS

    options = parse_arguments()
    names = [
        name
        for name in dict.fromkeys(["fastmlp", *options.peers])
        if all(importlib.util.find_spec(module) for module in PEERS[name].modules)
    ]
    contestants = [(name, options.threads) for name in names]
    if options.threads > 1:
        # NumPy's best may be one thread, and on one thread kernel meets kernel.
        contestants += [(name, 1) for name in names if name in ("fastmlp", "numpy")]
    with tempfile.TemporaryDirectory() as folder:
        data, digits = save_digits(Path(folder))
        rows = measure(options.jobs, contestants, options.repeats, data, options.quick)
    add_ratios(rows)
    report = {
        "machine": machine_name(),
        "digits": digits,
        "repeats": options.repeats,
        "versions": find_versions([PEERS[name] for name in names]),
        "rows": rows,
    }
    page = as_markdown(report)
    print(page)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "comparison.md").write_text(page, encoding="utf-8")
        (options.out / "comparison.json").write_text(
            json.dumps(report, indent=2) + "\n", encoding="utf-8"
        )
        draw(report, options.out / "comparison.png")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        peer_name, job_name, threads, data = sys.argv[2:6]
        run_once(peer_name, job_name, int(threads), data, "--quick" in sys.argv)
    else:
        main()
