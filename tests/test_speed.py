"""The cost of an epoch as a formula, its fit, and `fastmlp info --speed`."""

import sys

import numpy as np
import pytest
import scaling
from fitting import fit, nonnegative_least_squares

from fastmlp import _speed, config, kernels
from fastmlp.__main__ import main
from fastmlp._engine import cost, rates
from fastmlp._engine.cost import (
    FITS,
    KINDS,
    TERMS,
    Job,
    amounts,
    by_kind,
    fit_here,
    predict,
)

# Of one thread and of two, as on a machine of which a thread does 50 G multiply-adds,
# 5 G updates and copies 10 GB in a second.
RATES = {
    threads: rates.Rates(50e9 * threads, 5e9 * threads, 10e9 * threads)
    for threads in (1, 2)
}


@pytest.fixture(autouse=True)
def same_threads():
    before = config.get_num_threads()
    yield
    config.set_num_threads(before)


# The formula


def test_a_job_counts_its_parameters_and_batches():
    job = Job((784, 128, 10), 60_000, 128)
    assert job.parameters == 784 * 128 + 128 + 128 * 10 + 10
    assert job.batches == 469


def test_the_amounts_of_a_dense_job_are_those_by_hand():
    # 100 x (2 x 20,000 + 3 x 1,000) multiply-adds; 2 batches of 2 layers.
    found = amounts(Job((200, 100, 10), 100, 50), RATES[2], 2)
    assert list(found) == list(TERMS)
    assert found["dense products"] == pytest.approx(100 * 43_000 / 100e9)
    assert found["products of nonzeros"] == 0
    assert found["updates"] == pytest.approx(2 * 21_110 / 10e9)
    assert found["parameters from far"] == 0
    assert found["activations"] == pytest.approx(100 * 110 / 10e9)
    assert found["samples"] == pytest.approx(100 * 200 * 4 / 20e9)
    assert found["a layer of a batch"] == pytest.approx(4e-6)
    assert found["an epoch"] == pytest.approx(1e-6)
    assert found["a thread more in it"] == pytest.approx(4e-6)
    assert found["waiting for others"] == pytest.approx(50 * 43_000 / 100e9)


def test_where_zeros_are_skipped_the_first_layer_multiplies_the_rest():
    dense = amounts(Job((200, 100, 10), 100, 50), RATES[1], 1)
    found = amounts(Job((200, 100, 10), 100, 50, density=0.25), RATES[1], 1)
    assert found["dense products"] == pytest.approx(100 * 3000 / 50e9)
    assert found["products of nonzeros"] == pytest.approx(100 * 10_000 / 50e9)
    assert found["samples"] == pytest.approx(100 * 200 * 2 / 10e9)
    changed = {"dense products", "products of nonzeros", "samples"}
    for name in set(TERMS) - changed:
        assert found[name] == pytest.approx(dense[name])


def test_parameters_that_no_near_cache_holds_come_from_far_for_each_batch():
    job = Job((1000, 1000, 10), 100, 50)
    far = 12 * job.parameters - 3_000_000
    assert amounts(job, RATES[1], 1)["parameters from far"] == (
        pytest.approx(2 * far / 10e9)
    )


def test_a_prediction_takes_the_number_of_threads_that_is_the_fastest():
    costs = {**dict.fromkeys(TERMS, 1.0), "a thread more in it": 100.0}
    large, small = Job((784, 512, 512, 10), 6000, 128), Job((784, 64, 10), 6000, 16)
    assert predict(large, RATES, costs)[0] == 2
    assert predict(small, RATES, costs)[0] == 1
    assert predict(large, {1: RATES[1]}, costs)[0] == 1


def test_the_seconds_of_a_prediction_are_the_sum_over_its_kinds():
    _, parts = predict(Job((784, 128, 10), 60_000, 128, 0.2), RATES)
    kinds = by_kind(parts)
    assert list(kinds) == list(KINDS)
    assert sum(kinds.values()) == pytest.approx(sum(parts.values()))
    assert kinds["overhead"] == pytest.approx(
        sum(parts[name] for name in list(TERMS)[-4:])
    )


@pytest.mark.parametrize("name", FITS)
def test_every_term_has_a_coefficient_that_was_measured(name):
    fitted = FITS[name]
    assert list(fitted.coefficients) == list(TERMS)
    assert all(value >= 0 for value in fitted.coefficients.values())
    # Nothing beats the machine, and products come near.
    assert 1 <= fitted.coefficients["dense products"] < 2
    assert 0 < fitted.median < fitted.worst


def test_another_instruction_set_costs_what_the_usual_one_does(monkeypatch):
    monkeypatch.setattr(kernels, "instruction_set", "x86-64")
    assert fit_here() is FITS["x86-64"]
    monkeypatch.setattr(kernels, "instruction_set", "aarch64")
    assert fit_here() is FITS["x86-64-v3"]


@pytest.mark.skipif(kernels.backend != "compiled", reason="is about compiled kernels")
def test_rates_of_two_threads_are_those_of_two_cores_at_most(monkeypatch):
    monkeypatch.setattr(rates, "_PIECES", 4)
    for threads in (1, 2):
        found = rates.measure_rates(threads, seconds=0.005)
        assert all(1e7 < rate < 1e13 for rate in found)


# The fit

TRUE = dict(
    zip(TERMS, [1.2, 2.1, 1.5, 0.8, 4.0, 1.1, 2.0, 60.0, 3.0, 0.3], strict=True)
)


def test_the_nearest_without_negative_numbers_is_found():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.standard_normal((12, 5)), rng.standard_normal(12)
        x = nonnegative_least_squares(a, b)
        slope = a.T @ (b - a @ x)
        # As Karush, Kuhn and Tucker say: downhill is no way but out of bounds.
        assert (x >= 0).all()
        assert slope[x > 0] == pytest.approx(0, abs=1e-9)
        assert (slope[x == 0] <= 1e-9).all()


def test_what_is_not_measured_has_a_coefficient_of_zero():
    x = nonnegative_least_squares(np.array([[1.0, 0.0], [2.0, 0.0]]), np.ones(2))
    assert x == pytest.approx([0.6, 0])


def cases_of(coefficients, disturbed=()):
    """The cases of scaling.py, as if those were what an epoch costs."""
    found = []
    for case in scaling.fitted_cases():
        for allowed in ({1: RATES[1]}, RATES):
            seconds = sum(predict(case.job, allowed, coefficients)[1].values())
            slower = 3 if len(found) in disturbed else 1
            found.append((case.job, allowed, slower * seconds))
    return found


def test_the_fit_finds_the_coefficients_that_made_the_seconds():
    assert fit(cases_of(TRUE)) == pytest.approx(TRUE, rel=1e-3)


def test_the_fit_does_not_mind_a_few_jobs_that_were_disturbed():
    cases = cases_of(TRUE, disturbed=range(0, 100, 12))
    errors = scaling.errors_of(cases_of(TRUE), fit(cases))
    assert np.median(abs(errors)) < 0.02
    assert abs(errors).max() < 0.15


def test_what_the_formula_is_tried_on_is_not_what_it_was_fitted_to():
    fitted = {case.job for case in scaling.fitted_cases()}
    held_out = {case.job for case in scaling.held_out_cases(quick=True)}
    assert not fitted & held_out
    for case in scaling.held_out_cases(quick=True):
        job = case.job
        assert (job.density is None) == (" zeros" not in case.in_words())


def test_inputs_have_the_share_of_zeros_that_they_are_to_have():
    x, y = scaling.Case(Job((784, 128, 10), 500, 50, 0.2)).load()
    assert (x.shape, x.dtype) == ((500, 784), np.float32)
    assert np.mean(x != 0) == pytest.approx(0.2, abs=0.02)
    assert set(y) == set(range(10))


# The command


@pytest.fixture
def machine(monkeypatch):
    """A machine of two cores with known rates."""
    if kernels.backend != "compiled":
        pytest.skip("is about compiled kernels")
    monkeypatch.setattr(
        _speed, "measure_rates", lambda threads, seconds: RATES[threads]
    )
    monkeypatch.setattr(kernels, "num_threads", lambda: 2)
    monkeypatch.setattr(cost.Job, "threads", lambda job: 1 if job.batch_size < 4 else 2)


def table_of(printed):
    """Return the rows of the table, each by its titles."""
    block = printed.split("\n\n")[1].splitlines()
    # Right-aligned, with two spaces at least in between.
    titles, *rows = [
        [cell.strip() for cell in line.split("  ") if cell] for line in block
    ]
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_the_time_of_a_job_is_told_with_what_binds_it(machine, capsys):
    command = "info --speed 784-512-512-10 --rows 60000 --batch 128 --epochs 20"
    assert main(command.split()) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(
        "784-512-512-10 (669,706 parameters), 60,000 rows in batches of 128\n"
    )
    rows = table_of(printed)
    assert [(row["inputs"], row["threads"]) for row in rows] == [
        ("no zeros", "1"), ("no zeros", "2"), ("80% zeros", "1"), ("80% zeros", "2"),
    ]  # fmt: skip
    _, parts = predict(Job((784, 512, 512, 10), 60_000, 128), {1: RATES[1]})
    seconds = sum(parts.values())
    assert rows[0]["an epoch"] == _speed.in_words(seconds)
    assert rows[0]["20 epochs"] == _speed.in_words(20 * seconds)
    assert rows[0]["bound by"] == "products"
    assert rows[0]["updates"] == f"{by_kind(parts)['updates'] / seconds:.0%}"
    _, parts = predict(Job((784, 512, 512, 10), 60_000, 128, 0.2), RATES)
    assert rows[3]["an epoch"] == _speed.in_words(sum(parts.values()))
    assert "2 threads: 100.0 billion multiply-adds, 10.0 billion updates" in printed
    assert fit_here().source in printed
    assert all(len(line) <= 110 for line in printed.splitlines())


def test_small_batches_are_bound_by_updates(machine, capsys):
    assert main("info --speed 784-128-10 --batch-size 2 --rows 1000".split()) == 0
    printed = capsys.readouterr().out
    (row, _) = table_of(printed)
    assert (row["inputs"], row["threads"]) == ("no zeros", "1")
    assert row["bound by"] == "updates"
    assert "worth no more than one thread" in printed


def test_inputs_that_are_zero_in_a_whole_batch_spare_updates():
    def updates(batch_size, density):
        job = Job((784, 128, 10), 1000, batch_size, density)
        return amounts(job, RATES[1], 1)["updates"] * 5e9

    assert updates(1, None) == pytest.approx(1000 * 101_770)
    assert updates(1, 0.5) == pytest.approx(1000 * (101_770 - 784 * 128 / 4))
    assert updates(100, 0.5) == pytest.approx(10 * 101_770)


def test_small_layers_skip_no_zeros(machine, capsys):
    assert main("info --speed 784-10-10 --threads 1".split()) == 0
    printed = capsys.readouterr().out
    (row,) = table_of(printed)
    assert row["inputs"] == "any"
    assert "Zeros are not skipped" in printed


def test_a_batch_has_no_more_rows_than_there_are(machine, capsys):
    assert main("info --speed 784-128-10 --batch 500 --rows 100".split()) == 0
    assert "100 rows in batches of 100" in capsys.readouterr().out


def test_fewer_threads_can_be_asked_about(machine, capsys):
    assert main("info --speed 784-128-10 --threads 1".split()) == 0
    assert {row["threads"] for row in table_of(capsys.readouterr().out)} == {"1"}


def test_a_job_beyond_all_machines_has_a_time_too(machine, capsys):
    wide = "-".join(["1000000000"] * 3)
    assert main(f"info --speed {wide} --rows 1000000000 --epochs 1".split()) == 0
    (row, *_) = table_of(capsys.readouterr().out)
    assert row["an epoch"].endswith(" h")


@pytest.mark.parametrize("sizes", ["784", "784-", "784--10", "784-0", "wide", "7.5-3"])
def test_sizes_that_are_none_are_refused(sizes, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["info", "--speed", sizes])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "such as 784-128-10" in complaint
    assert repr(sizes) in complaint


@pytest.mark.parametrize("option", ["--rows", "--batch-size", "--threads", "--epochs"])
def test_a_number_without_a_job_is_refused(option, capsys):
    assert main(["info", option, "2"]) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert option in complaint
    assert "--speed 784-128-10" in complaint
    with pytest.raises(SystemExit):
        main(["info", "--speed", "784-128-10", option, "0"])
    assert "from 1 to" in capsys.readouterr().err


def test_threads_that_are_not_at_hand_are_refused(machine, capsys):
    assert main("info --speed 784-128-10 --threads 3".split()) == 1
    complaint = capsys.readouterr().err
    assert "there are 2 at hand" in complaint
    assert "OMP_NUM_THREADS=3" in complaint


def test_without_compiled_kernels_nothing_is_predicted(monkeypatch, capsys):
    monkeypatch.setattr(kernels, "backend", "numpy")
    assert main("info --speed 784-128-10".split()) == 1
    assert "runs on NumPy" in capsys.readouterr().err


def test_the_formula_is_loaded_when_it_is_asked_for(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "fastmlp._speed")
    assert main(["info"]) == 0
    assert "fastmlp._speed" not in sys.modules
