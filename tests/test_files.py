"""The cache folder, and files that are written whole or not at all."""

import os
import pathlib

import pytest

from fastmlp._util import files


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_user_without_a_home_folder_has_a_cache(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("FASTMLP_HOME")
    monkeypatch.setattr(pathlib.Path, "home", no_home)
    assert files.cache_folder().is_absolute()


def test_a_tilde_in_the_name_of_the_cache_folder_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("FASTMLP_HOME", "~/course")
    assert files.cache_folder() == pathlib.Path.home() / "course"


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


def test_a_folder_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"), files.replacing(tmp_path):
        pass
    assert names_in(tmp_path) == []
