"""The cache folder, and files that are written whole or not at all."""

import errno
import os
import pathlib
import stat
import subprocess
import sys
import time

import pytest

from fastmlp import layers, models
from fastmlp._util import files, folders


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_user_without_a_home_folder_has_a_cache(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FASTMLP_HOME")
    monkeypatch.setattr(pathlib.Path, "home", no_home)
    assert folders.cache_folder().is_absolute()


def test_a_tilde_in_the_name_of_the_cache_folder_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("FASTMLP_HOME", "~/course")
    assert folders.cache_folder() == pathlib.Path.home() / "course"


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new"
    with files.replacing(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert names_in(tmp_path) == ["new"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file_and_no_other(error, tmp_path, monkeypatch):
    path = tmp_path / "mnist.npz"
    path.write_bytes(b"old")

    def fail(*args):
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(error)), files.replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["mnist.npz"]


@pytest.mark.parametrize("name", ["m.npz", "m.keras", "m.weights.h5"])
def test_a_folder_that_is_missing_is_named_as_the_user_did(name, tmp_path):
    if name != "m.npz":
        pytest.importorskip("h5py")
    path = tmp_path / "missing" / name
    model = models.Sequential([layers.Input((2,)), layers.Dense(1)])
    save = model.save_weights if name.endswith(".h5") else model.save
    with pytest.raises(FileNotFoundError) as caught:
        save(path)
    assert caught.value.filename == str(path)
    assert f"no folder {str(path.parent)!r}" in str(caught.value)
    assert names_in(tmp_path) == []


def test_an_error_of_the_last_step_names_the_file_of_the_user(tmp_path, monkeypatch):
    path = tmp_path / "m.npz"

    def refuse(old, new):
        raise PermissionError(errno.EACCES, "Permission denied", old, None, new)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError) as caught, files.replacing(path):
        pass
    assert str(caught.value) == f"[Errno {errno.EACCES}] Permission denied: '{path}'"


FULL_DISK = """
import resource, signal, sys
from fastmlp import callbacks, layers, models
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
model = models.Sequential([layers.Input((200,)), layers.Dense(100)])
path = sys.argv[1]
def write():
    if path.endswith(".csv"):
        logger = callbacks.CSVLogger(path)
        logger.on_train_begin()
        logger.on_epoch_end(0, {"x" * 4096: 1.0})
    else:
        (model.save_weights if path.endswith(".h5") else model.save)(path)
for limit in [0, 1, 100, 2048, 3000, 4096, 16384, 80000]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write()
        print("written")
    except OSError as error:
        if error.filename != path:
            raise
    if path.endswith(".csv") and limit == 4096:
        break
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no limit on files to set")
@pytest.mark.parametrize("name", ["m.npz", "m.keras", "m.weights.h5", "log.csv"])
def test_a_full_disk_is_an_error_with_the_name_of_the_file_and_no_more(name, tmp_path):
    if name.endswith((".keras", ".h5")):
        pytest.importorskip("h5py")
    path = str(tmp_path / name)
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True
    )
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)
    assert names_in(tmp_path) == (["log.csv"] if name == "log.csv" else [])


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_who_may_read_a_file_stays_the_same_when_it_is_replaced(mode, tmp_path):
    path = tmp_path / "m.npz"
    path.touch()
    path.chmod(mode)
    with files.replacing(path) as file:
        (part,) = tmp_path.glob("*.part")
        assert stat.S_IMODE(part.stat().st_mode) == mode
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes")
def test_who_may_read_a_new_file_is_what_the_user_has_set(tmp_path):
    before = os.umask(0o027)
    try:
        with files.replacing(tmp_path / "m.npz"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "m.npz").stat().st_mode) == 0o640


def test_what_a_killed_program_has_left_is_deleted_a_day_later(tmp_path):
    hour = 60 * 60
    ages = {
        "fastmlp-0123456789abcdef.part": 25 * hour,
        "fastmlp-fedcba9876543210.part": 23 * hour,
        "of-someone-else.part": 1000 * hour,
        "fastmlp-1.0.0.tar.gz.part": 1000 * hour,  # what a browser has begun
    }
    for name, age in ages.items():
        (tmp_path / name).touch()
        written = time.time() - age
        os.utime(tmp_path / name, (written, written))
    with files.replacing(tmp_path / "m.npz"):
        pass
    assert names_in(tmp_path) == sorted([*list(ages)[1:], "m.npz"])


def test_what_cannot_be_deleted_stops_nobody(tmp_path):
    folder = tmp_path / "fastmlp-0123456789abcdef.part"
    folder.mkdir()
    os.utime(folder, (0, 0))
    with files.replacing(tmp_path / "m.npz"):
        pass
    assert names_in(tmp_path) == [folder.name, "m.npz"]


def test_an_error_that_is_not_of_the_file_stays_as_it_is(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, files.replacing(tmp_path / "new"):
        open(tmp_path / "other")
    assert caught.value.filename == str(tmp_path / "other")


def test_replacing_the_target_of_a_link_keeps_the_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("this system does not let us make a link")
    with files.replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_written_to_and_not_replaced():
    with files.replacing(os.devnull) as file:
        file.write(b"new")
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("path", [".", "folder", "folder/"])
def test_a_folder_is_refused_before_anything_is_written(path, tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IsADirectoryError, match="is a folder"), files.replacing(path):
        pass
    assert names_in(tmp_path) == ["folder"]
