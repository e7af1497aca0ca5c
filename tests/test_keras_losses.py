"""Losses, alone, in training and as metrics, beside real Keras.

Each row is a network: its last activation, its targets, and its loss, which is a
function of the library `K`, `fastmlp` or `keras`. The losses are metrics, too.
"""

import numpy as np
import pytest

import fastmlp

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)

# Keras compiles its step anew for every model.
pytestmark = [
    pytest.mark.slow,
    # Keras converts its variables the way that NumPy 1 wanted it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*expects probabilities"),
]

ROWS, INPUTS, OUTPUTS = 96, 7, 4
RNG = np.random.default_rng(7)
X = RNG.normal(size=(ROWS, INPUTS)).astype(np.float32)
CLASSES = RNG.integers(0, OUTPUTS, ROWS)
ONE_HOT = np.eye(OUTPUTS, dtype=np.float32)[CLASSES]
YES_OR_NO = RNG.integers(0, 2, (ROWS, OUTPUTS)).astype(np.float32)
SHARES = RNG.dirichlet(np.ones(OUTPUTS), ROWS).astype(np.float32)
NUMBERS = RNG.normal(size=(ROWS, OUTPUTS)).astype(np.float32)
COUNTS = RNG.integers(0, 9, (ROWS, OUTPUTS)).astype(np.float32)
WEIGHTS = RNG.uniform(0.2, 2, ROWS).astype(np.float32)

NETWORKS = {
    "mape": ("linear", NUMBERS + 3, lambda K: "mape"),
    "msle": ("softplus", COUNTS, lambda K: "msle"),
    "cosine_similarity": (
        *("linear", NUMBERS),
        lambda K: K.losses.CosineSimilarity(),
    ),
    "hinge": ("tanh", YES_OR_NO, lambda K: "hinge"),
    "hinge of signs": ("tanh", 2 * YES_OR_NO - 1, lambda K: "hinge"),
    "squared_hinge": ("linear", YES_OR_NO, lambda K: K.losses.SquaredHinge()),
    "categorical_hinge": ("linear", ONE_HOT, lambda K: "categorical_hinge"),
    "kld": ("softmax", SHARES, lambda K: "kld"),
    "kl_divergence of sigmoids": ("sigmoid", SHARES, lambda K: K.losses.KLDivergence()),
    "poisson": ("softplus", COUNTS, lambda K: "poisson"),
    "binary focal": ("sigmoid", YES_OR_NO, lambda K: "binary_focal_crossentropy"),
    "binary focal, balanced": (
        *("linear", YES_OR_NO),
        lambda K: K.losses.BinaryFocalCrossentropy(True, 0.3, 1.5, True, 0.1),
    ),
    "binary focal of softmax": (
        *("softmax", YES_OR_NO),
        lambda K: K.losses.BinaryFocalCrossentropy(True, gamma=1.0),
    ),
    "focal": ("softmax", ONE_HOT, lambda K: "categorical_focal_crossentropy"),
    "focal of logits": (
        *("linear", SHARES),
        lambda K: K.losses.CategoricalFocalCrossentropy(0.3, 1.5, True, 0.1),
    ),
    "focal of sigmoids": (
        *("sigmoid", ONE_HOT),
        lambda K: K.losses.CategoricalFocalCrossentropy(gamma=1.0),
    ),
    "crossentropy of labels": ("softmax", CLASSES, lambda K: "crossentropy"),
    "crossentropy of rows": ("softmax", ONE_HOT, lambda K: "crossentropy"),
    "ce of sigmoids": ("sigmoid", ONE_HOT, lambda K: "ce"),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]


def built(K, activation, loss, **options):
    """Return a small network, with the same weights in both libraries."""
    model = K.Sequential(
        [
            K.layers.Input((INPUTS,)),
            K.layers.Dense(9, "tanh"),
            K.layers.Dense(OUTPUTS, activation),
        ]
    )
    model.compile(K.optimizers.SGD(0.05), loss, **options)
    rng = np.random.default_rng(3)
    model.set_weights(
        [rng.normal(0, 0.4, w.shape).astype(np.float32) for w in model.get_weights()]
    )
    return model


def test_twenty_steps_lead_to_the_weights_and_losses_of_keras(network):
    activation, y, loss = network
    answers = []
    for K in (fastmlp, keras):
        model = built(K, activation, loss(K))
        history = model.fit(
            *(X, y, 24, 5),
            shuffle=False,
            sample_weight=WEIGHTS,
            verbose=0,
        )
        answers.append((history.history["loss"], model.get_weights()))
    (here, weights), (there, expected) = answers
    np.testing.assert_allclose(here, there, rtol=3e-6)
    for one, other in zip(weights, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-6)


METRICS = [
    *("mape", "msle", "cosine_similarity", "hinge", "squared_hinge", "poisson"),
    *("categorical_hinge", "kl_divergence", "log_cosh_error", "mse", "mae"),
    *("binary_crossentropy", "categorical_crossentropy"),
]


@pytest.mark.parametrize("weighted", [False, True])
def test_every_loss_is_the_metric_that_it_is_in_keras(weighted):
    def told(K):
        mine = [
            *METRICS,
            K.metrics.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
            K.metrics.CategoricalCrossentropy("cce", None, True, 0.2),
            K.metrics.LogCoshError(),
            K.losses.hinge,
            K.losses.cosine_similarity,
        ]
        if not weighted:  # Keras cannot weigh the rows of an object.
            mine.append(K.losses.Huber(name="far"))
        return {"weighted_metrics" if weighted else "metrics": mine}

    answers = [
        built(K, "softmax", "kl_divergence", **told(K)).evaluate(
            *(X, SHARES, 32), sample_weight=WEIGHTS, verbose=0, return_dict=True
        )
        for K in (fastmlp, keras)
    ]
    assert set(answers[0]) == set(answers[1])
    for name, value in answers[1].items():
        assert answers[0][name] == pytest.approx(value, rel=3e-6), name


def test_labels_are_what_sparse_crossentropy_measures():
    def answer(K):
        metric = K.metrics.SparseCategoricalCrossentropy(name="nats", from_logits=True)
        loss = K.losses.SparseCategoricalCrossentropy(from_logits=True)
        model = built(
            *(K, "linear", loss),
            metrics=[metric, "sparse_categorical_crossentropy"],
        )
        return model.evaluate(X, CLASSES, verbose=0)

    assert answer(fastmlp)[:2] == pytest.approx(answer(keras)[:2], rel=3e-6)


EXTREMES = [-np.inf, -1e30, -2.0, -1.0, -1e-8, 0.0, 1e-8, 0.5, 1.0, 3.0, 1e30]
FUNCTIONS = [
    *("mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
    *("hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "poisson"),
    *("cosine_similarity",),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_extremes_have_the_losses_of_keras(name):
    """Zeros, tiny, huge and negative outputs, whatever the target."""
    y, t = map(np.ravel, np.meshgrid(np.float32(EXTREMES), np.float32([0, 1])))
    if name != "cosine_similarity":  # Where squares overflow, Keras has 0 or NaN.
        y, t = y[:, None], t[:, None]
        if "categorical" in name:
            y, t = np.hstack([y, -y]), np.hstack([t, 1 - t])
    else:
        y = np.float32([[0, 0], [0, 1e-8], [3, 4], [0, 5]])
        t = np.float32([[1, 0], [0, 1], [0, 0], [0, -1]])
    found = getattr(fastmlp.losses, name)(t, y)
    expected = np.asarray(getattr(keras.losses, name)(t, y))
    np.testing.assert_allclose(found, expected, rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("ignored", [-1, 2])
def test_an_ignored_class_is_left_out_as_in_keras(ignored):
    y = np.where(CLASSES == 2, ignored, CLASSES)

    def answer(K):
        loss = K.losses.SparseCategoricalCrossentropy(ignore_class=ignored)
        model = built(K, "softmax", loss, metrics=["accuracy"])
        history = model.fit(X, y, 24, 3, shuffle=False, verbose=0).history
        return history["loss"], history["accuracy"], model.get_weights()

    here, there = answer(fastmlp), answer(keras)
    assert here[0] == pytest.approx(there[0], rel=3e-6)
    assert here[1] == pytest.approx(there[1], rel=3e-6)
    for one, other in zip(here[2], there[2], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=5e-6)
