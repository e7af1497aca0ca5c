import csv

import numpy as np
import pytest

from fastmlp.callbacks import CSVLogger


def log(logger, *epoch_logs):
    """Drive a logger through the hooks of `fit`; return the text of its file."""
    logger.on_train_begin()
    for epoch, logs in enumerate(epoch_logs):
        logger.on_epoch_begin(epoch)
        logger.on_epoch_end(epoch, logs)
    logger.on_train_end(epoch_logs[-1] if epoch_logs else {})
    with open(logger.filename, newline="") as file:
        return file.read()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "curves.csv"


def test_the_columns_are_the_epoch_and_the_names_in_their_order(path):
    text = log(
        CSVLogger(path),
        {"loss": 0.5, "accuracy": 0.25, "val_loss": 1.5, "val_accuracy": 0.125},
        {"loss": 0.25, "accuracy": 0.5, "val_loss": 1e-7, "val_accuracy": 0.0},
    )
    assert text == (
        "epoch,accuracy,loss,val_accuracy,val_loss\r\n"
        "0,0.25,0.5,0.125,1.5\r\n"
        "1,0.5,0.25,0.0,1e-07\r\n"
    )


def test_without_a_validation_in_the_first_epoch_there_is_room_for_a_later_one(path):
    text = log(CSVLogger(path), {"loss": 0.5}, {"loss": 0.25, "val_loss": 2.0})
    assert text == "epoch,loss,val_loss\r\n0,0.5,NA\r\n1,0.25,2.0\r\n"


def test_what_comes_up_later_than_in_the_first_epoch_gets_a_column(path):
    text = log(CSVLogger(path), {"loss": 2, "val_loss": 1}, {"loss": 1, "extra": 3})
    assert text == "epoch,loss,val_loss,extra\r\n0,2,1,NA\r\n1,1,NA,3\r\n"


def test_another_separator_and_a_name_that_has_it(path):
    text = log(CSVLogger(path, separator=";"), {"a;b": 1.0, "val_loss": 2.0})
    assert text == 'epoch;"a;b";val_loss\r\n0;1.0;2.0\r\n'


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (np.float32(0.5), "0.5"),
        (np.array(0.5), "0.5"),
        ([1, 2.5], '"[1, 2.5]"'),
        (np.array([1.0, 2.0]), '"[1.0, 2.0]"'),
        ("text", "text"),
    ],
)
def test_values_of_all_kinds_become_one_cell(value, cell, path):
    log(CSVLogger(path), {"value": value, "val_loss": 1.0})
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["epoch", "val_loss", "value"], ["0", "1.0", cell]]


def test_a_second_fit_begins_a_new_file(path):
    logger = CSVLogger(path)
    log(logger, {"loss": 2.0}, {"loss": 1.0})
    assert log(logger, {"mse": 3.0}) == "epoch,mse,val_mse\r\n0,3.0,NA\r\n"


def test_append_goes_on_below_what_is_there_without_a_second_header(path):
    log(CSVLogger(path), {"loss": 2.0})
    logger = CSVLogger(path, append=True)
    text = "epoch,loss,val_loss\r\n0,2.0,NA\r\n0,1.0,NA\r\n"
    assert log(logger, {"loss": 1.0}) == text
    assert log(logger, {"loss": 0.5}) == text + "0,0.5,NA\r\n"


def test_append_writes_each_value_below_its_own_name(path):
    log(CSVLogger(path), {"loss": 2.0, "val_loss": 3.0})
    logger = CSVLogger(path, append=True)
    assert log(logger, {"val_loss": 4.0, "accuracy": 0.5, "loss": 1.0}) == (
        "epoch,loss,val_loss,accuracy\r\n0,2.0,3.0,NA\r\n0,1.0,4.0,0.5\r\n"
    )


@pytest.mark.parametrize("text", ["name;age\n", "epoch;loss\n", "\n"])
def test_append_to_another_kind_of_file_is_refused_and_leaves_it_as_it_is(text, path):
    path.write_text(text)
    with pytest.raises(ValueError, match='does not begin with "epoch,"'):
        CSVLogger(path, append=True).on_train_begin()
    assert path.read_text() == text


@pytest.mark.parametrize("exists", [True, False])
def test_append_to_nothing_begins_with_the_header(exists, path):
    if exists:
        path.touch()
    text = log(CSVLogger(path, append=True), {"loss": 2.0})
    assert text == "epoch,loss,val_loss\r\n0,2.0,NA\r\n"


def test_each_line_can_be_read_as_soon_as_its_epoch_has_ended(path):
    logger = CSVLogger(path)
    logger.on_train_begin()
    for epoch in range(2):
        logger.on_epoch_end(epoch, {"loss": 1.0})
        assert len(path.read_text().splitlines()) == epoch + 2


def test_a_training_without_epochs_leaves_an_empty_file(path):
    assert log(CSVLogger(path)) == ""


def test_a_file_that_cannot_be_written_is_an_error_before_the_first_epoch(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        CSVLogger(tmp_path / "nowhere" / "curves.csv").on_train_begin()


@pytest.mark.parametrize("separator", ["", ", ", 3, None])
def test_a_separator_that_is_no_character_is_refused(separator):
    with pytest.raises(ValueError, match="a single character for separator"):
        CSVLogger("curves.csv", separator=separator)
