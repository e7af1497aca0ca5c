"""fastmlp beside other libraries that bring threads of their own, in one process."""

import importlib.util
import os
import subprocess
import sys

import pytest

# What each of them does to have its threads at work.
PEERS = {
    "torch": """
import torch
def work():
    x = torch.ones(512, 512, requires_grad=True)
    (x @ x).relu().sum().backward()
""",
    "jax": """
import jax
def work():
    jax.jit(lambda x: x @ x)(jax.numpy.ones((512, 512))).block_until_ready()
""",
    "sklearn": """
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
def work():
    KMeans(8, n_init=1).fit(x[:, :20])
    HistGradientBoostingClassifier(max_iter=5).fit(x[:, :5], y)
""",
}
TRAINING = """
import os, signal
import numpy as np
signal.alarm(100)  # a hang ends here
x, y = np.random.default_rng(0).random((2048, 256), np.float32), np.arange(2048) % 10
def trained(model=None):
    from fastmlp import config, initializers, layers, models
    config.set_num_threads(2)
    if model is None:
        start = initializers.GlorotUniform(seed=1)
        hidden = layers.Dense(256, "relu", kernel_initializer=start)
        out = layers.Dense(10, "softmax", kernel_initializer=start)
        model = models.Sequential([hidden, out])
        model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=512, shuffle=False, verbose=0)
    return model
"""
ORDERS = {
    "loaded before": "{peer}work()\nmodel = trained()\n",
    "loaded after": "model = trained()\n{peer}work()\n",
}
THEN = """
work()
trained(model)
work()
print(b"".join(weight.tobytes() for weight in model.get_weights()).hex())
if hasattr(os, "fork"):
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        trained(model)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def weights_after(code):
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRAINING + code + THEN],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no alarm here")
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("name", PEERS)
def test_another_library_in_the_process_changes_nothing(name, order):
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    alone = weights_after("def work():\n    pass\nmodel = trained()\n")
    assert weights_after(order.format(peer=PEERS[name])) == alone
