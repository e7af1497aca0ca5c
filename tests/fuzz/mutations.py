"""Files that are damaged, and files that are whole and lie, made by chance."""

import copy
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from typing import Any

# What nobody expects at the place of a setting, a size or a name.
_ODD: list[Any] = [
    None, True, -1, 0, 1, 7, 2**31, 2**63, 10**30, 0.5, 1e308, float("nan"),
    float("inf"), "", "x", "a/b", "\ud800", "x" * 5000, "9" * 5000, [], {}, [[]],
    [None], [0.0], [1] * 100, "adam", "relu", {"class_name": "Dense", "config": {}},
]  # fmt: skip


def truncated(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def mangled(content: bytes, rng: random.Random) -> bytes:
    """Return it with some parts lost, doubled, blank, or replaced by extreme sizes."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content) + 1)
        end = at + rng.choice((1, 2, 4, 8, 100, 1000))
        part = content[at:end]
        size = rng.choice((1, 2, 4, 8))
        part = rng.choice(
            (
                b"",
                2 * part,
                bytes(len(part)),
                rng.randbytes(len(part)),
                rng.choice((b"\xff", b"\x7f", b"\x80")) + b"\xff" * (size - 1),
            )
        )
        content = (content[:at] + part + content[end:]) or b"\0"
    return content


def hostile(content: bytes, rng: random.Random) -> bytes:
    """Return a whole file of the same kind that says something else."""
    try:
        if content.startswith(b"PK"):
            return _other_zip(content, rng)
        if content.startswith(b"\x89HDF"):
            return _other_hdf5(content, rng)
        return _other_json(content, rng)
    except Exception:  # It is one of atheris's, and damaged already.
        return mangled(content, rng)


KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "truncated": truncated,
    "flipped": flipped,
    "mangled": mangled,
    "hostile": hostile,
}


def _other_zip(content: bytes, rng: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice([*members, *[n for n in members if "json" in n or "desc" in n]])
    members[name] = _other_member(members[name], rng)
    if rng.random() < 0.1:
        members[rng.choice(list(members))] = members.pop(name)
    packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for one, inside in members.items():
            archive.writestr(one, inside)
    return file.getvalue()


def _other_member(content: bytes, rng: random.Random) -> bytes:
    if content.startswith(b"\x93NUMPY"):
        start = 10 + int.from_bytes(content[8:10], "little")
        line, rest = content[10:start], content[start:]
        if rest.startswith(b"{"):
            # The size in the header is made to fit.
            rest = _other_json(rest, rng)
            line = re.sub(rb"\([0-9]+,\)", b"(%d,)" % len(rest), line)
        elif rng.random() < 0.5:
            size = str(rng.choice(_ODD)).encode("utf-8", "replace")
            line = re.sub(rb"[0-9]+", lambda found: size, line, count=rng.randint(1, 2))
        else:
            line = mangled(line, rng)
        line = line[:60_000]
        return content[:8] + len(line).to_bytes(2, "little") + line + rest
    return hostile(content, rng)


def _other_json(content: bytes, rng: random.Random) -> bytes:
    whole = json.loads(content)
    for _ in range(rng.randint(1, 3)):
        places = list(_places(whole))
        if not places:
            break
        container, key = rng.choice(places)
        action = rng.randrange(6)
        if action < 3:
            container[key] = copy.deepcopy(rng.choice(_ODD))
        elif action == 3:
            other, place = rng.choice(places)
            container[key] = copy.deepcopy(other[place])
        elif action == 4:
            del container[key]
        else:
            container[key] = [container[key]] * rng.choice((1, 2, 50))
    return json.dumps(whole).encode()


def _places(value: Any) -> Any:
    """Go through all that is in a value: where it is, and at which key."""
    if isinstance(value, dict):
        keys: Any = value
    elif isinstance(value, list):
        keys = range(len(value))
    else:
        return
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def _other_hdf5(content: bytes, rng: random.Random) -> bytes:
    import h5py
    import numpy as np

    if rng.random() < 0.3:
        return mangled(content, rng)
    file = io.BytesIO(content)
    with h5py.File(file, "r+") as h5:
        paths: list[str] = []
        h5.visit(paths.append)
        path, other = rng.choice(paths), rng.choice(paths)
        before = h5[path]
        shape = getattr(before, "shape", ())
        del h5[path]
        action = rng.randrange(8)
        if action == 0:
            h5[path] = h5[other] if other in h5 else h5py.SoftLink("/" + other)
        elif action == 1:
            h5[path] = h5py.ExternalLink("/etc/hostname", "/")
        elif action == 2:
            h5.create_dataset(path, shape=(10**6, 10**4), dtype="f4", chunks=(1, 10))
        elif action == 3:
            dtype = rng.choice(("S5", "f2", "c8", "?", "u8", "f8", h5py.string_dtype()))
            h5.create_dataset(path, shape=shape, dtype=dtype)
        elif action == 4:
            values = np.full(shape, rng.choice((np.nan, np.inf, 1e308, -1.0)))
            h5.create_dataset(path, data=values, chunks=shape or None)
        elif action == 5:
            h5.create_dataset(path, data=h5py.Empty("f4"))
        elif action == 6:
            h5.create_group(path)
    return file.getvalue()
