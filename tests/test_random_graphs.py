"""Graphs that nobody thought of: against the reference, against slopes, by the bit."""

import numpy as np
import pytest
from test_graph import MERGING, Graph, check_bits, check_slopes, draw_samples
from test_network import copy_of, gradients_of, in_float64, rates_for, train

from fastmlp.plan import (
    ACTIVATIONS,
    KINDS,
    LOSSES,
    METRICS,
    TRAIN,
    Head,
    make_workspace,
)
from fastmlp.reference import network as reference_network

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@st.composite
def plans(chance):
    """Draw a graph of a few operations, at least one of which learns."""
    widths = chance(st.lists(st.sampled_from([3, 5, 131]), min_size=1, max_size=3))
    graph = Graph(*widths, seed=chance(st.integers(0, 2**32)))
    values = [-1 - j for j in range(len(widths))]
    values.append(graph.dense(chance(st.sampled_from(values)), 5))
    for _ in range(chance(st.integers(1, 8))):
        values.append(draw_operation(chance, graph, values))
    used = {place for places in graph.sources for place in places}
    ends = [k for k in range(len(graph.ops)) if k not in used]
    more = chance(st.lists(st.sampled_from(range(len(graph.ops))), max_size=2))
    outputs = chance(st.permutations(ends + more))
    heads = [
        Head(
            chance(st.sampled_from([LOSSES["mean_squared_error"], LOSSES["log_cosh"]])),
            reduction=chance(st.integers(0, 2)),
            weight=chance(st.sampled_from([1, 0.5])),
            metrics=chance(st.sampled_from([(), ((METRICS["accuracy"], {}, True),)])),
        )
        for _ in outputs
    ]  # fmt: skip
    return graph.plan(outputs, heads, chance(st.sampled_from(["sgd", "adam"])))


def draw_operation(chance, graph, values):
    place = chance(st.sampled_from(values))
    beside = [one for one in values if graph.columns(one) == graph.columns(place)]
    others = chance(st.lists(st.sampled_from(beside), min_size=1, max_size=3))
    kind = chance(
        st.sampled_from(
            [*MERGING, "subtract", "concatenate", "dense", "dense", "again",
             "normalization", "unit_normalization", "activation"]
        )
    )  # fmt: skip
    if kind == "concatenate":
        return graph.merge(kind, place, chance(st.sampled_from(values)))
    if kind == "subtract":
        return graph.merge(kind, place, others[0])
    if kind in MERGING:
        return graph.merge(kind, place, *others)
    if kind == "again":
        known = [
            k for k, op in enumerate(graph.ops)
            if op.kind == KINDS["dense"] and op.inputs == graph.columns(place)
        ]  # fmt: skip
        if known:
            return graph.again(chance(st.sampled_from(known)), place)
    if kind == "normalization":
        return graph.normalization(place, trainable=chance(st.integers(0, 1)))
    if kind == "unit_normalization":
        # Rows of zeros have no direction, so that their slopes are beyond all bounds.
        return graph.one(kind, graph.dense(place, 3))
    if kind == "activation":
        return graph.one(kind, place, activation=ACTIVATIONS["tanh"])
    return graph.dense(
        place,
        chance(st.sampled_from([3, 5])),
        trainable=chance(st.sampled_from([1, 1, 0])),
    )


@given(plans(), st.integers(0, 2**32))
def test_any_graph_has_the_slope_of_its_gradient(plan, seed):
    check_slopes(plan, seed)


@given(plans(), st.integers(0, 2**32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_graph_gives_the_same_bits_however_it_is_run(compiled_variant, plan, seed):
    check_bits(plan, seed)


@given(plans(), st.integers(0, 2**32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_graph_has_the_gradient_of_the_reference(variant, plan, seed):
    samples = draw_samples(plan, 13, seed=seed)
    found, (_, totals) = gradients_of(plan, samples), train(plan, samples, 13)
    exact, exact_totals = copy_of(plan, np.float64), np.zeros_like(totals)
    samples = in_float64(samples)
    space = make_workspace(exact, samples, 13, 1)
    reference_network.run(
        exact, samples, space, TRAIN, 0, 1, 0, rates_for(1), exact_totals, ()
    )
    largest = max(np.abs(exact.gradients).max(initial=0), 1)
    np.testing.assert_allclose(totals, exact_totals, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found, exact.gradients, rtol=1e-3, atol=1e-4 * largest)
