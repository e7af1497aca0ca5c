"""The command line: `fastmlp mnist`, `fastmlp info`, and what goes wrong with them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastmlp
from fastmlp import demo, kernels
from fastmlp.__main__ import main
from fastmlp.datasets import synthetic_digits
from fastmlp.datasets._files import FILES


def light_digits():
    """Return digits of MNIST's shapes that cost little: label k has k + 1 columns."""
    sets = []
    for number in (60000, 10000):
        labels = (np.arange(number) % 10).astype(np.uint8)
        images = np.zeros((number, 28, 28), np.uint8)
        for label in range(10):
            images[labels == label, 10:18, : label + 1] = 255
        sets.append((images, labels))
    return tuple(sets)


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory):
    (x_train, y_train), (x_test, y_test) = light_digits()
    path = tmp_path_factory.mktemp("digits") / "mine.npz"
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


# As `python -m fastmlp` does. A shell that starts a job in the background may have it,
# and its children, ignore SIGINT.
PROGRAM = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("fastmlp", run_name="__main__", alter_sys=True)
"""


def start(*arguments, folder, **options):
    # Not in the repository: its fastmlp folder would hide the installed one.
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def assert_one_sentence(text, *words):
    assert text.count("\n") == 1, text
    assert text.startswith("fastmlp"), text
    for word in words:
        assert word in text


# The demo


def test_a_run_prints_and_writes_its_results(digits_file, tmp_path, capsys):
    report = tmp_path / "results.json"
    status = main(
        f"mnist --data {digits_file} --epochs 2 --batch-size 500 --seed 3 "
        f"--json {report}".split()
    )
    assert status == 0
    printed = capsys.readouterr().out
    results = json.loads(report.read_text())
    assert results["data"]["source"] == str(digits_file)
    assert results["data"]["is_mnist"] is False
    assert results["seed"] == 3
    assert results["epochs"] == 2
    assert results["batch_size"] == 500
    assert results["parameters"] == 101_770
    assert [len(values) for values in results["history"].values()] == [2, 2]
    assert results["test_accuracy"] > 0.99
    assert results["training_seconds"] > 0
    assert results["version"] == fastmlp.__version__
    assert results["backend"] == kernels.backend
    assert results["instruction_set"] == kernels.instruction_set
    assert results["threads"] == kernels.num_threads()
    assert results["numpy"] == np.__version__
    assert results["python"] == sys.version.split()[0]
    for words in (
        str(digits_file),
        "not MNIST",
        "60,000 images",
        "101,770",
        f"Test loss:     {results['test_loss']:.4f}",
        f"Test accuracy: {results['test_accuracy']:.4f}",
        f"Training time: {results['training_seconds']:.2f} seconds (zeros: skipped)",
    ):
        assert words in printed
    assert os.listdir(tmp_path) == ["results.json"]


def test_the_same_seed_gives_the_same_network(digits_file):
    first, second = (demo.run(str(digits_file), 1, 1000, seed=7) for _ in range(2))
    assert first["history"] == second["history"]
    assert first["test_loss"] == second["test_loss"]


def test_a_relative_path_is_one_in_the_current_folder(digits_file, monkeypatch):
    monkeypatch.chdir(digits_file.parent)
    _, data = demo.choose_digits("mine.npz")
    assert data["source"] == str(digits_file)


def test_a_cached_file_is_the_default(digits_file, monkeypatch, tmp_path):
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path))
    cached = tmp_path / "datasets" / "mnist.npz"
    cached.parent.mkdir()
    cached.write_bytes(digits_file.read_bytes())
    for wanted in (None, "mnist", "Mnist"):
        assert demo.choose_digits(wanted)[1]["source"] == str(cached)


def test_without_a_network_the_demo_draws_digits_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(synthetic_digits, "load_data", light_digits)
    _, data = demo.choose_digits(None)
    assert data["name"] == "synthetic digits (not MNIST)"
    assert data["is_mnist"] is False
    printed = capsys.readouterr().out
    assert "cannot be downloaded" in printed
    assert "they are not MNIST" in printed


def test_without_a_network_mnist_on_request_is_an_error(capsys):
    assert main(["mnist", "--data", "mnist"]) == 1
    url = FILES["mnist.npz"].url
    assert_one_sentence(capsys.readouterr().err, "synthetic_digits", url)


@pytest.mark.slow
def test_the_demo_runs_as_a_program_on_synthetic_digits(tmp_path):
    process = start(
        *"mnist --data synthetic --epochs 5 --seed 0 --json results.json".split(),
        folder=tmp_path,
    )
    printed, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")
    assert "synthetic digits (not MNIST)" in printed
    assert "101,770" in printed
    assert "Epoch 5/5" in printed
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["data"]["is_mnist"] is False
    assert 0.95 <= results["test_accuracy"] <= 0.98


@pytest.mark.slow
def test_the_demo_reads_real_digits(real_mnist_path, capsys):
    results = demo.run(str(real_mnist_path), epochs=5, batch_size=128, seed=0)
    assert results["data"]["name"] == "MNIST"
    assert results["data"]["is_mnist"] is True
    # Keras: 0.9732 on average, with a standard deviation of 0.0016.
    assert results["test_accuracy"] == pytest.approx(0.9732, abs=4 * 0.0016)
    assert "not MNIST" not in capsys.readouterr().out


def test_an_output_that_knows_only_ascii_is_enough(digits_file, tmp_path):
    process = start(
        "mnist",
        f"--data={digits_file}",
        "--epochs=2",
        "--batch-size=1000",
        folder=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    printed, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert "Test accuracy" in printed


# Information


def test_info_is_aligned_and_complete(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path))
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    facts = dict(line.split("  ", 1) for line in lines)
    facts = {name: value.strip() for name, value in facts.items()}
    assert facts["version"] == fastmlp.__version__
    assert facts["backend"] == kernels.backend
    assert facts["instruction set"] == kernels.instruction_set
    assert facts["threads"] == str(kernels.num_threads())
    assert facts["zero skipping"] == "auto"
    assert facts["cache folder"] == f"{tmp_path} (MNIST is not in it)"
    assert len({line.rindex(facts[line.split("  ")[0]]) for line in lines}) == 1


def test_info_tells_whether_mnist_is_here(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").touch()
    assert main(["info"]) == 0
    assert f"{tmp_path} (holds MNIST)" in capsys.readouterr().out


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"fastmlp {fastmlp.__version__}\n"


def test_without_a_command_the_help_is_printed(capsys):
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert "mnist" in printed
    assert "info" in printed


def test_help_loads_neither_the_demo_nor_the_network(tmp_path):
    program = (
        "import sys\n"
        "from fastmlp.__main__ import main\n"
        "main([])\n"
        "print('LOADED', {'fastmlp.demo', 'urllib.request'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout.splitlines()[-1] == b"LOADED set()"


# Mistakes


@pytest.mark.parametrize(
    ("option", "value", "least"),
    [
        ("--epochs", "0", "1"),
        ("--epochs", "-1", "1"),
        ("--epochs", "two", "1"),
        ("--epochs", "1.5", "1"),
        ("--batch-size", "0", "1"),
        ("--seed", "-1", "0"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(option, value, least, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["mnist", option, value])
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert_one_sentence(captured.err, option, f"at least {least}", f"'{value}'")


def test_an_unknown_command_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["minst"])
    assert ended.value.code == 2
    assert_one_sentence(capsys.readouterr().err, "'minst'", "mnist", "info")


@pytest.mark.parametrize("name", ["missing.npz", "folder", "text.npz", "~/missing"])
def test_a_path_that_is_no_such_file_is_one_sentence(name, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.npz").write_text("not a zip file")
    assert main(["mnist", "--data", str(tmp_path / name)]) == 1
    assert_one_sentence(capsys.readouterr().err, name.rpartition("/")[2])


def test_a_word_that_is_no_data_set_is_told_which_there_are(capsys):
    assert main(["mnist", "--data", "nonsense"]) == 1
    words = ["nonsense", "--data takes mnist, synthetic, or the path of an .npz file"]
    assert_one_sentence(capsys.readouterr().err, *words)


@pytest.mark.parametrize(
    "name", ["missing/results.json", "folder", "file/results.json"]
)
def test_an_unwritable_report_is_noticed_before_training(
    name, digits_file, tmp_path, capsys
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / name
    assert main(["mnist", "--data", str(digits_file), "--json", str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert_one_sentence(captured.err, str(path))
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_report_without_a_name_is_noticed_before_training(capsys):
    assert main(["mnist", "--json", ""]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert_one_sentence(captured.err, "--json", "empty")


@pytest.mark.skipif(os.name == "nt", reason="shells close files in another way")
def test_an_output_that_is_closed_is_no_error(tmp_path):
    program = [sys.executable, "-m", "fastmlp", "info"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *program],
        cwd=Path(fastmlp.__file__).parents[1],
        stderr=subprocess.PIPE,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_home_folder_that_nobody_knows_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("FASTMLP_HOME", "~nobody-of-this-name/digits")
    assert main(["info"]) == 1
    assert_one_sentence(capsys.readouterr().err, "FASTMLP_HOME=~nobody", "whole name")


def test_ctrl_c_leaves_no_report(tmp_path, monkeypatch, capsys):
    def interrupt(*args):
        raise KeyboardInterrupt

    report = tmp_path / "results.json"
    report.write_text("old")
    monkeypatch.setattr(demo, "run", interrupt)
    assert main(["mnist", "--json", str(report)]) == 130
    assert capsys.readouterr().err.strip() == "fastmlp: interrupted"
    assert os.listdir(tmp_path) == ["results.json"]
    assert report.read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_the_training(digits_file, tmp_path):
    with start(
        "mnist", f"--data={digits_file}", "--epochs=10000", folder=tmp_path
    ) as process:
        for line in process.stdout:
            if line.startswith("Epoch 2/"):
                break
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
    assert process.returncode == 130
    assert complaints.strip() == "fastmlp: interrupted"


@pytest.mark.skipif(os.name == "nt", reason="pipes end in another way on Windows")
def test_a_reader_that_leaves_is_no_error(digits_file, tmp_path):
    with start(
        "mnist", f"--data={digits_file}", "--epochs=1", folder=tmp_path
    ) as process:
        process.stdout.close()
        assert process.wait(60) == 1
        assert process.stderr.read() == ""
