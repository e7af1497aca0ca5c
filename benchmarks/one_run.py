"""One run of compare.py, in a process of its own.

1. The library is imported and trains a few batches, untimed.
2. `fit` is timed, on a new network and from the notebook's float64 arrays, with any
   conversion and compilation that it does.
3. One more epoch is timed by itself.
4. The test digits are predicted and evaluated, each once untimed, then three times: the
   median is taken. The accuracy shows that all learnt the same.
"""

import json
import os
import statistics
import subprocess
import sys
import time

from jobs import CLASSES, JOBS

# What is timed, in the words of the report.
MEASURES = {
    "fit": "fit",
    "later_epoch": "a later epoch",
    "evaluate": "evaluate",
    "predict": "predict",
}

# A peer gets its threads by its processors and by these.
THREAD_VARIABLES = (
    "FASTMLP_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
# Settings that would slow a peer down; every run starts without them.
SLOWING_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class RunFailed(Exception):
    """The process of a run ended with an error, which is what this says."""


def start_run(run, data, quick):
    """Start a process for the run; return what it measured, in seconds.

    Args:
        run: Who does which job; see schedule.py.
        data: The file of the digits.
        quick: Whether the job is done in small.

    Raises:
        RunFailed: The process failed.
    """
    from peers import PEERS

    environment = {**os.environ, **PEERS[run.peer].environment}
    for name in SLOWING_VARIABLES:
        environment.pop(name, None)
    environment.update(dict.fromkeys(THREAD_VARIABLES, str(run.threads)))
    settings = {
        "peer": run.peer,
        "job": run.job,
        "threads": run.threads,
        "data": str(data),
        "quick": quick,
    }
    command = [sys.executable, __file__, json.dumps(settings)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RunFailed(done.stderr.strip() or f"exit status {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def seconds(work, *arguments):
    """Return how long `work(*arguments)` takes."""
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def load(job, data):
    """Return the digits as the notebook has them: (x, y), (x_test, y_test)."""
    import numpy as np

    with np.load(data) as arrays:
        x = arrays["x_train"][: job.rows] / 255.0
        x_test = arrays["x_test"][: job.test_rows] / 255.0
        y = np.eye(CLASSES)[arrays["y_train"][: job.rows]]
        y_test = np.eye(CLASSES)[arrays["y_test"][: job.test_rows]]
    if job.standardized:
        center, spread = x.mean(axis=0), x.std(axis=0) + 0.1
        x, x_test = (x - center) / spread, (x_test - center) / spread
    return (x, y), (x_test, y_test)


def run_once(peer, job, threads, data, quick):
    """Train, evaluate and predict; return what was measured."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import numpy as np
    from peers import PEERS

    job = JOBS[job].quick() if quick else JOBS[job]
    (x, y), test = load(job, data)
    build = PEERS[peer].build
    few = 2 * job.batch_size
    build(job).fit(x[:few], y[:few], 1)
    network = build(job)
    measured = {
        "fit": seconds(network.fit, x, y, job.epochs),
        "later_epoch": seconds(network.fit, x, y, 1),
    }
    predicted = np.asarray(network.predict(test[0])).argmax(axis=1)
    network.evaluate(*test)
    for name, arguments in (("evaluate", test), ("predict", test[:1])):
        times = [seconds(getattr(network, name), *arguments) for _ in range(3)]
        measured[name] = statistics.median(times)
    accuracy = float((predicted == test[1].argmax(axis=1)).mean())
    return {**measured, "accuracy": accuracy}


if __name__ == "__main__":
    print(json.dumps(run_once(**json.loads(sys.argv[1]))))
