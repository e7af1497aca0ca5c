"""Small files in the formats of Keras's data sets, as their makers wrote them."""

import gzip
import io
import json
import pickle
import tarfile

import numpy as np

WORDS = {"the": 1, "and": 2, "film": 3, "good": 4, "bad": 5}
# As Python 2 pickled them: texts are bytes, and `numpy.core` is the place of arrays.
_PROTOCOL = 2


def texts_file(splits, seed=0):
    """Return an .npz of arrays of lists, which NumPy can only pickle."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for split, count in splits.items():
        texts = np.empty(count, object)
        for place in range(count):
            texts[place] = rng.integers(1, 90, rng.integers(2, 12)).tolist()
        arrays[f"x{split}"] = texts
        arrays[f"y{split}"] = rng.integers(0, 46, count)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def houses_file(columns, rows=700, dtype="f8"):
    rng = np.random.default_rng(1)
    file = io.BytesIO()
    np.savez(
        file,
        x=rng.normal(size=(rows, columns)).astype(dtype),
        y=rng.normal(size=rows).astype(dtype),
    )
    return file.getvalue()


def words_file():
    return json.dumps(WORDS).encode()


def idx_file(shape):
    """Return an array of bytes in the IDX format, zipped, and the array."""
    numbers = np.random.default_rng(2).integers(0, 256, shape, np.uint8)
    header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">i4").tobytes()
    return gzip.compress(header + numbers.tobytes(), 1), numbers


def cifar_file(folder, batches, label_keys):
    """Return a .tar.gz of pickled batches, and what they hold."""
    rng = np.random.default_rng(3)
    file, held = io.BytesIO(), {}
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, count in batches.items():
            held[name] = {
                b"data": rng.integers(0, 256, (count, 3072), np.uint8),
                b"filenames": [b"%d.png" % place for place in range(count)],
                **{
                    key.encode(): rng.integers(0, 10, count).tolist()
                    for key in label_keys
                },
            }
            content = _as_python_2(held[name])
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue(), held


class _Python2Pickler(pickle._Pickler):
    """Write bytes as the texts of Python 2."""

    def save_bytes(self, content):
        self.write(pickle.BINSTRING + len(content).to_bytes(4, "little") + content)
        self.memoize(content)

    dispatch = {**pickle._Pickler.dispatch, bytes: save_bytes}  # noqa: RUF012


def _as_python_2(thing):
    file = io.BytesIO()
    _Python2Pickler(file, _PROTOCOL).dump(thing)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")
