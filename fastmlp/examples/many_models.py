"""Many models, several processes: seeds and settings over the cores, or over machines.

Which settings are best, and how much chance decides, only many trainings tell. Each is
a task of its own, so that no process waits for another. joblib hands them out, and Dask
to other machines: pip install joblib 'dask[distributed]'.

    python many_models.py
    python many_models.py dask
    python many_models.py tcp://scheduler:8786

The first line takes the cores of this machine, the second a cluster of two workers on
it, the third one that is there: `dask scheduler` on one machine, `dask worker` on each.
"""

import contextlib
import itertools
import statistics
import sys

from joblib import Parallel, delayed, parallel_config

from fastmlp import layers, models, optimizers, utils
from fastmlp.datasets import synthetic_digits

SEEDS = (1, 2, 3)
UNITS = (32, 128)
RATES = (0.001, 0.003)


def accuracy_of(units, rate, seed, x, y):
    """Train a model; return how many of the last rows it gets right."""
    utils.set_random_seed(seed)
    model = models.Sequential(
        [
            layers.Input((784,)),
            layers.Dense(units, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    fitted = model.fit(x, y, batch_size=64, epochs=5, validation_split=0.2, verbose=0)
    return fitted.history["val_accuracy"][-1]


@contextlib.contextmanager
def workers(where, arrays):
    """Have tasks done by the cores of this machine, or by a cluster, with one thread.

    More threads than cores only get in each other's way.
    """
    if where is None:
        with parallel_config("loky", n_jobs=-1, inner_max_num_threads=1):
            yield
        return
    from dask.distributed import Client

    cluster = {"address": where}
    if where == "dask":
        cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    # Each worker gets the arrays once, and not with each task.
    with Client(**cluster), parallel_config("dask", scatter=arrays):
        yield


def main(where):
    """Print mean and spread of each setting over the seeds."""
    (images, y), _ = synthetic_digits.load_data(n_train=5000, n_test=1)
    x = images.reshape(-1, 784).astype("float32") / 255
    settings = list(itertools.product(UNITS, RATES))
    with workers(where, [x, y]):
        found = Parallel()(
            delayed(accuracy_of)(*setting, seed, x, y)
            for setting in settings
            for seed in SEEDS
        )
    for at, (units, rate) in enumerate(settings):
        some = found[at * len(SEEDS) : (at + 1) * len(SEEDS)]
        mean, spread = statistics.mean(some), statistics.stdev(some)
        print(f"{units:4} units, rate {rate}: {mean:.1%} ± {spread:.1%}")


# Workers read this file as well, and are not to hand out tasks again.
if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
