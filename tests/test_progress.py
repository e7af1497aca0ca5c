import io
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fastmlp import kernels, layers, models
from fastmlp._util import progress
from fastmlp._util import screen as screens
from fastmlp.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    LambdaCallback,
    ProgbarLogger,
)
from fastmlp.utils import Progbar

FULL, THIN = "━" * 20, "─" * 20


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Notebook(io.StringIO):
    encoding = "UTF-8"


Notebook.__module__ = "ipykernel.iostream"


class Idle(Terminal):
    pass


Idle.__module__ = "idlelib.run"


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands at 100 seconds until a test moves it."""
    now = SimpleNamespace(seconds=100.0)
    for module in (progress, screens):
        monkeypatch.setattr(
            module, "time", SimpleNamespace(perf_counter=lambda: now.seconds)
        )
    return now


@pytest.fixture
def screen(monkeypatch):
    """Put a stream in the place of standard output."""

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def put(stream, columns=200):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "stdout", stream)
        return stream

    return put


@pytest.fixture
def notebook(screen, monkeypatch):
    """Return how to work in a notebook: it gives the texts that each output had."""
    outputs = []

    class Handle:
        def __init__(self):
            self.texts = []
            outputs.append(self.texts)

        def update(self, content, raw):
            assert raw
            self.texts.append(content["text/plain"])

    def display(content, raw, display_id):
        handle = Handle()
        handle.update(content, raw)
        return handle

    shell = SimpleNamespace(get_ipython=lambda: object())
    monkeypatch.setitem(sys.modules, "IPython", shell)
    shown = SimpleNamespace(display=display)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)

    def put():
        screen(Notebook())
        return outputs

    return put


def frames(text):
    """Cut what was printed at its carriage returns, the backspaces taken out."""
    return text.replace("\b", "").split("\r")[1:]


def test_the_frames_on_a_terminal_are_those_of_keras(clock, screen):
    out = screen(Terminal())
    bar = Progbar(10, stateless_metrics=[])
    for seconds, step, loss in [(0.5, 1, 1.75), (0.52, 5, 1.5), (1.0, 6, 5e-4)]:
        clock.seconds = 100.0 + seconds
        bar.update(step, [("accuracy", 0.25), ("loss", loss)], finalize=False)
    clock.seconds = 102.25
    last = [("accuracy", 0.5), ("loss", 1.0), ("val_loss", 0.75)]
    bar.update(10, last, finalize=True)
    # Recorded from Keras 3.15.1 under the same clock. Step 5 came too soon to be drawn.
    assert out.getvalue() == (
        "\r\x1b[1m 1/10\x1b[0m \x1b[32m━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━━━━━\x1b[0m"
        " \x1b[1m4s\x1b[0m 500ms/step - accuracy: 0.2500 - loss: 1.7500"
        + 74
        * "\b"
        + "\r\x1b[1m 6/10\x1b[0m \x1b[32m━━━━━━━━━━━━\x1b[0m\x1b[37m━━━━━━━━\x1b[0m"
        " \x1b[1m0s\x1b[0m 100ms/step - accuracy: 0.2500 - loss: 5.0000e-04"
        + 78
        * "\b"
        + "\r\x1b[1m10/10\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m"
        " \x1b[1m2s\x1b[0m 194ms/step - accuracy: 0.5000 - loss: 1.0000"
        " - val_loss: 0.7500\n"
    )


def test_a_shorter_frame_wipes_out_the_longer_one_before(clock, screen):
    out = screen(Terminal())
    bar = Progbar(10, interval=0.0, stateless_metrics=[])
    clock.seconds = 100.5
    bar.update(1, [("loss", 5e-4)])
    clock.seconds = 101.0
    bar.update(2, [("loss", 0.5)])
    assert frames(out.getvalue())[-1].endswith("loss: 0.5000    ")


def test_a_notebook_has_one_output_whose_text_is_replaced(clock, notebook):
    shown = notebook()
    bar = Progbar(4)
    clock.seconds = 101.0
    bar.update(2, [("loss", 0.5)])
    bar.update(4, [("loss", 0.25)])
    ((running, last),) = shown
    assert running.startswith("\x1b[1m2/4\x1b[0m \x1b[32m")
    assert last == f"4/4 {FULL} 1s 250ms/step - loss: 0.2500"
    assert sys.stdout.getvalue() == ""


def test_a_notebook_is_sent_ten_states_a_second_at_most(clock, notebook):
    shown = notebook()
    bar = Progbar(1000)
    for step in range(1, 1000):
        clock.seconds += 0.01
        bar.update(step)
    assert 90 <= len(shown[0]) <= 101


def test_a_kernel_without_ipython_gets_the_last_state(clock, screen, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    out = screen(Notebook())
    Progbar(2).update(2)
    assert out.getvalue() == f"2/2 {FULL} 0s 0s/step\n"


def test_a_dumb_terminal_gets_one_line_without_control_characters(
    clock, screen, monkeypatch
):
    monkeypatch.setenv("TERM", "dumb")
    out = screen(Terminal())
    run(ProgbarLogger(), verbose=1)
    assert out.getvalue().count("\n") == 4
    assert out.getvalue().replace("\n", "").isprintable()


def test_no_color_takes_the_colors_off_and_leaves_the_bar(clock, screen, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = screen(Terminal())
    bar = Progbar(4)
    clock.seconds = 101.0
    bar.update(2)
    bar.update(4)
    running, last = frames(out.getvalue())
    assert running == f"2/4 {FULL[:10]}{THIN[:10]} 1s 500ms/step"
    assert last == f"4/4 {FULL} 1s 250ms/step\n"


@pytest.mark.parametrize("stream", [io.StringIO, Idle])
def test_elsewhere_one_plain_line_is_printed_at_the_end(stream, clock, screen):
    out = screen(stream())
    bar = Progbar(4, stateless_metrics=[])
    for step in range(1, 5):
        clock.seconds += 1.0
        bar.update(step, [("loss", 1.0 / step)])
    assert out.getvalue() == f"4/4 {FULL} 4s 1s/step - loss: 0.2500\n"


def test_a_run_that_ends_early_shows_how_far_it_came(clock, screen):
    out = screen(io.StringIO())
    Progbar(4).update(1, finalize=True)
    assert out.getvalue() == f"1/4 {FULL[:5]}{THIN[:15]} 0s 0s/step\n"


def test_without_a_standard_output_nothing_happens(screen):
    screen(None)
    for verbose in (1, 2):
        Progbar(2, verbose=verbose).update(2, [("loss", 0.5)])


def test_an_encoding_without_the_bars_sign_gets_an_equals_sign(clock, screen):
    raw = io.BytesIO()
    screen(io.TextIOWrapper(raw, encoding="ascii"))
    Progbar(2).update(2)
    sys.stdout.flush()
    assert raw.getvalue() == b"2/2 ==================== 0s 0s/step\n"


def rows(text):
    """Return the widths of what was drawn into each row of the screen."""
    drawn = re.sub(r"\x1b\[\d*[mJA]", "", text.replace("\b", ""))
    return [screens.cells(row) for row in re.split(r"[\r\n]", drawn)]


@pytest.mark.parametrize("columns", [120, 50, 30, 24])
def test_no_row_is_as_wide_as_the_terminal(columns, clock, screen):
    out = screen(Terminal(), columns)
    bar = Progbar(10, interval=0.0, stateless_metrics=[])
    metrics = [("accuracy", 0.5), ("准确率", 0.25), ("loss", 0.25)]
    for step in range(1, 11):
        bar.update(step, metrics)
    assert max(rows(out.getvalue())) < columns


def test_a_metric_without_room_waits_for_the_last_frame(clock, screen):
    out = screen(Terminal(), columns=60)
    bar = Progbar(10, interval=0.0, stateless_metrics=[])
    metrics = [("accuracy", 0.5), ("loss", 0.25)]
    bar.update(5, metrics)
    bar.update(10, metrics)
    running, last = frames(out.getvalue())
    assert running.endswith(" 0s/step - accuracy: 0.5000")
    assert last.endswith(" 0s/step - accuracy: 0.5000\n    - loss: 0.2500\n")


def test_a_terminal_that_shrinks_gets_frames_that_fit(clock, screen):
    out = screen(Terminal(), columns=80)
    bar = Progbar(10, interval=0.0, stateless_metrics=[])
    metrics = [("accuracy", 0.5), ("loss", 0.25)]
    bar.update(5, metrics)
    screen(out, columns=40)
    at = len(out.getvalue())
    bar.update(6, metrics)
    drawn = out.getvalue()[at:]
    # The terminal has made two rows of the 72 cells.
    assert drawn.startswith("\x1b[1A\r\x1b[J")
    assert max(rows(drawn)) < 40
    bar.update(7, metrics)
    assert max(rows(out.getvalue()[at:])) < 40


def test_verbose_2_prints_one_line_at_the_end(clock, screen):
    out = screen(Terminal())
    bar = Progbar(469, verbose=2, stateless_metrics=[])
    clock.seconds = 100.7
    bar.update(234, [("accuracy", 0.5)])
    assert out.getvalue() == ""
    clock.seconds = 101.4
    values = [("accuracy", 0.93), ("loss", 0.25), ("lr", 1e-3), ("score", -0.5)]
    bar.update(469, values)
    assert out.getvalue() == (
        "469/469 - 1s - 3ms/step - accuracy: 0.9300 - loss: 0.2500"
        " - lr: 1.0000e-03 - score: -5.0000e-01\n"
    )


@pytest.mark.parametrize("verbose", [0, 3])
def test_verbose_0_and_3_print_no_bar(verbose, screen):
    out = screen(Terminal())
    Progbar(2, verbose=verbose).update(2, [("loss", 0.5)])
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s/step"),
        (0.0000024, "2us/step"),
        (0.000999, "999us/step"),
        (0.001, "1ms/step"),
        (0.9994, "999ms/step"),
        (1.0, "1s/step"),
        (75.0, "75s/step"),
    ],
)
def test_the_pace_is_shown_in_a_readable_unit(seconds, text, clock, screen):
    out = screen(io.StringIO())
    bar = Progbar(1)
    clock.seconds += seconds
    bar.update(1)
    assert out.getvalue().endswith(f" {text}\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0s"),
        (59.9, "59s"),
        (60.0, "60s"),
        (61.0, "1:01"),
        (3600.0, "60:00"),
        (3605.0, "1:00:05"),
        (36605.0, "10:10:05"),
    ],
)
def test_the_time_to_come_is_shown_as_in_keras(seconds, text, clock, screen):
    out = screen(Terminal())
    bar = Progbar(2)
    clock.seconds += seconds
    bar.update(1)
    assert f"\x1b[1m{text}\x1b[0m" in out.getvalue()


def test_the_pace_leaves_the_slow_first_step_out(clock, screen):
    out = screen(io.StringIO())
    bar = Progbar(3)
    clock.seconds = 110.0
    bar.update(1)
    clock.seconds = 114.0
    bar.update(3)
    assert out.getvalue() == f"3/3 {FULL} 14s 2s/step\n"


def test_an_unknown_target_shows_the_count_alone(clock, screen):
    out = screen(Terminal())
    bar = Progbar(None, interval=0.0)
    clock.seconds = 100.5
    bar.update(1, [("loss", 1.75)])
    assert out.getvalue() == (
        "\r      1/Unknown \x1b[1m0s\x1b[0m 500ms/step - loss: 1.7500"
    )


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_target_of_no_steps_is_no_error(verbose, screen):
    screen(Terminal())
    Progbar(0, verbose=verbose).update(0, finalize=True)


@pytest.mark.parametrize(
    ("stateful", "stateless", "shown"),
    [
        (None, None, "1."),
        ([], None, "1."),
        (["value"], None, "2."),
        (None, [], "2."),
        (None, ["value"], "1."),
    ],
)
def test_metrics_are_averaged_or_shown_as_given(stateful, stateless, shown, screen):
    out = screen(Terminal())
    bar = Progbar(3, stateful_metrics=stateful, stateless_metrics=stateless, interval=0)
    bar.update(1, [("value", 0.0)])
    bar.update(2, [("value", 2.0)])
    assert f"value: {shown}" in frames(out.getvalue())[-1]


def test_an_average_counts_the_steps_that_a_value_stands_for(screen):
    out = screen(Terminal())
    bar = Progbar(10, interval=0)
    bar.update(1, [("value", 4.0)])
    bar.add(3, [("value", 0.0)])
    assert "value: 1.0000" in frames(out.getvalue())[-1]
    assert " 4/10" in frames(out.getvalue())[-1]


@pytest.mark.parametrize("value", [1.0, 1, [0.0, 1.0, 2.0]])
def test_a_value_may_be_a_number_or_an_array(value, screen):
    out = screen(io.StringIO())
    Progbar(1).update(1, [("value", value)])
    assert "value: 1.0000" in out.getvalue()


def test_both_lists_of_metrics_at_once_are_refused():
    with pytest.raises(ValueError, match="leave one of them out"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])


def run(logger, verbose, epochs=2, steps=10, in_fit=True):
    """Drive a logger as `fit` drives it, with a validation after each epoch."""
    logger.set_params({"verbose": verbose, "epochs": epochs, "steps": steps})
    logger.on_train_begin({})
    for epoch in range(epochs):
        logger.on_epoch_begin(epoch, {})
        for batch in range(10):
            logger.on_train_batch_end(batch, {"accuracy": 0.5, "loss": 1.5})
        logger.on_test_begin({})
        logger.on_test_batch_end(0, {"loss": 7.0})
        logger.on_test_end({"loss": 7.0})
        logger.on_epoch_end(epoch, {"accuracy": 0.5, "loss": 1.25, "val_loss": 7.0})
    logger.on_train_end({})


def test_fit_prints_epoch_lines_and_keras_2_lines(clock, screen):
    out = screen(io.StringIO())
    run(ProgbarLogger(), verbose=2)
    line = "10/10 - 0s - 0s/step - accuracy: 0.5000 - loss: 1.2500 - val_loss: 7.0000\n"
    assert out.getvalue() == f"Epoch 1/2\n{line}Epoch 2/2\n{line}"


def test_one_epoch_needs_no_number(clock, screen):
    out = screen(io.StringIO())
    run(ProgbarLogger(), verbose=1, epochs=1)
    assert out.getvalue() == (
        f"10/10 {FULL} 0s 0s/step"
        " - accuracy: 0.5000 - loss: 1.2500 - val_loss: 7.0000\n"
    )


def test_verbose_0_prints_nothing(screen):
    out = screen(Terminal())
    run(ProgbarLogger(), verbose=0)
    assert out.getvalue() == ""


def test_true_means_the_bar(clock, screen):
    printed = []
    for verbose in (1, True):
        out = screen(io.StringIO())
        run(ProgbarLogger(), verbose=verbose)
        printed.append(out.getvalue())
    assert printed[0] == printed[1]


@pytest.mark.parametrize(("stream", "verbose"), [(Terminal, 1), (io.StringIO, 2)])
def test_auto_is_the_bar_where_it_can_move_and_a_line_elsewhere(
    stream, verbose, clock, screen
):
    printed = []
    for choice in ("auto", verbose):
        out = screen(stream())
        run(ProgbarLogger(), verbose=choice)
        printed.append(out.getvalue())
    assert printed[0] == printed[1]


EPOCH = f"10/10 {FULL} 0s 0s/step - accuracy: 0.5000 - loss: 1.2500 - val_loss: 7.0000"


@pytest.mark.parametrize("verbose", [1, "auto"])
def test_the_epochs_of_a_run_share_an_output_of_a_notebook(verbose, clock, notebook):
    shown = notebook()
    run(ProgbarLogger(), verbose=verbose)
    (texts,) = shown
    assert texts[-1] == f"Epoch 1/2\n{EPOCH}\nEpoch 2/2\n{EPOCH}"
    assert sys.stdout.getvalue() == ""


def test_what_was_done_before_ctrl_c_is_shown_in_a_notebook(
    clock, notebook, monkeypatch
):
    model = models.Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")

    def batches():
        for _ in range(25):
            yield np.ones((4, 2)), np.ones((4, 1))
        raise KeyboardInterrupt

    shown = notebook()
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(KeyboardInterrupt):
        model.fit(batches(), steps_per_epoch=10, epochs=3)
    (texts,) = shown
    done = [line.split()[0] for line in texts[-1].splitlines()]
    # The clock stands still, so that of the third epoch one state was due.
    assert done == ["Epoch", "10/10", "Epoch", "10/10", "Epoch", "1/10"]


def test_an_output_of_a_notebook_ends_after_a_hundred_lines(clock, notebook):
    shown = notebook()
    run(ProgbarLogger(), verbose=1, epochs=120)
    ends = [texts[-1].splitlines()[-2] for texts in shown]
    assert ends == ["Epoch 50/120", "Epoch 100/120", "Epoch 120/120"]


def test_a_bar_of_a_notebook_makes_room_for_the_metrics(clock, notebook):
    shown = notebook()
    bar = Progbar(10, stateless_metrics=[])
    names = ["accuracy", "loss", "val_accuracy", "val_loss"]
    bar.update(10, [(name, 0.5) for name in names])
    long = [*names, "a_metric_with_a_very_long_name"]
    bar = Progbar(10, stateless_metrics=[])
    bar.update(10, [(name, 0.5) for name in long])
    (fits,), (does_not,) = shown
    assert len(fits) == 100
    assert does_not.startswith(f"10/10 {FULL[:5]} 0s")


class Talker(Callback):
    pass


@pytest.mark.parametrize(
    ("callback", "outputs"),
    [(EarlyStopping(), 1), (Talker(), 2), (LambdaCallback(), 2)],
)
def test_what_callbacks_may_print_has_a_place_between_epochs(
    callback, outputs, clock, notebook
):
    shown = notebook()
    called = CallbackList([callback], add_progbar=True)
    run(called.callbacks[-1], verbose=1)
    assert len(shown) == outputs


def test_what_fastmlp_prints_has_a_place_between_epochs(clock, notebook):
    shown = notebook()
    logger = ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 2, "steps": 10})
    logger.on_train_begin()
    for epoch in range(2):
        logger.on_epoch_begin(epoch)
        screens.say("Saved.")
        logger.on_epoch_end(epoch, {})
    logger.on_train_end()
    assert [texts[-1] for texts in shown] == [
        f"Epoch {number}/2\n10/10 {FULL} 0s 0s/step" for number in (1, 2)
    ]


def test_a_saved_notebook_holds_one_line_an_epoch():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cell = nbformat.v4.new_code_cell(
        "import numpy as np\n"
        "from fastmlp import layers, models\n"
        "model = models.Sequential([layers.Dense(1, input_shape=(3,))])\n"
        "model.compile('sgd', 'mse')\n"
        "x = np.ones((6400, 3))\n"
        "model.fit(x, x[:, 0], epochs=3)\n"
        "model.evaluate(x, x[:, 0])\n"
        "model.predict(x)[0, 0] > 9"
    )
    book = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(book, kernel_name="python3", timeout=60).execute()
    fit, evaluate, predict, result = cell.outputs
    texts = [one["data"]["text/plain"] for one in (fit, evaluate, predict)]
    assert [len(text.splitlines()) for text in texts] == [6, 1, 1]
    assert "".join(texts).replace("\n", "").isprintable()
    assert result["data"]["text/plain"] == "np.False_"


def test_the_validation_inside_fit_draws_no_bar_of_its_own(clock, screen):
    out = screen(Terminal())
    run(ProgbarLogger(), verbose=1, epochs=1)
    before_the_end = "".join(frames(out.getvalue())[:-1])
    assert "7.0000" not in before_the_end


def test_evaluate_prints_its_line(clock, screen):
    out = screen(io.StringIO())
    logger = ProgbarLogger()
    logger.set_params({"verbose": 2, "epochs": 1, "steps": 3})
    logger.on_test_begin({})
    for batch in range(3):
        logger.on_test_batch_end(batch, {"loss": 0.5})
    logger.on_test_end({"accuracy": 0.25, "loss": 0.5})
    assert out.getvalue() == "3/3 - 0s - 0s/step - accuracy: 0.2500 - loss: 0.5000\n"


def test_predict_prints_no_predictions(clock, screen):
    out = screen(Terminal())
    logger = ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 3})
    logger.on_predict_begin({})
    for batch in range(3):
        logger.on_predict_batch_end(batch, {"outputs": [[1.0]]})
    logger.on_predict_end({})
    last = re.sub(r"\x1b\[\d+m", "", frames(out.getvalue())[-1])
    assert last == f"3/3 {FULL} 0s 0s/step\n"
    assert "outputs" not in out.getvalue()


def test_steps_that_nobody_knew_are_counted_in_the_first_epoch(clock, screen):
    out = screen(io.StringIO())
    run(ProgbarLogger(), verbose=2, steps=None)
    assert out.getvalue().count("10/10 - 0s") == 2


def test_verbose_3_tells_what_fit_runs_on_and_numbers_the_epochs(capsys):
    model = models.Sequential([layers.Dense(2, "softmax", input_shape=(3,))])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.zero_skipping is None
    model.fit(np.ones((4, 3)), [0, 1, 0, 1], epochs=2, verbose=3)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("Training on ")
    assert first.endswith(f"threads: up to {kernels.num_threads()}, zeros: not skipped")
    assert rest == ["Epoch 1/2", "Epoch 2/2"]
    assert model.zero_skipping is False
