"""Files from anywhere: damage, lies and what is unknown are named; no code is run."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest

from fastmlp import Sequential, layers, models

try:
    import h5py
except ImportError:
    h5py = None

needs_h5py = pytest.mark.skipif(
    h5py is None, reason="h5py is not installed: pip install h5py"
)
MODEL_ENDINGS = [
    pytest.param(".keras", marks=needs_h5py),
    pytest.param(".h5", marks=needs_h5py),
    ".npz",
]
ZIP_ENDINGS = [pytest.param(".keras", marks=needs_h5py), ".npz"]
ALL_ENDINGS = [*MODEL_ENDINGS, pytest.param(".weights.h5", marks=needs_h5py)]


@pytest.fixture
def model():
    model = Sequential(
        [
            layers.Input((4,)),
            layers.Normalization(),
            layers.Dense(5, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy")
    return model


def assert_same_weights(model, other):
    for array, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(array, wanted)


def zipped(members, packing=zipfile.ZIP_STORED):
    """Return a zip of some texts or bytes, and a description of an empty model."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        whole = {"class_name": "Sequential", "config": {"layers": []}}
        for name, content in {"config.json": json.dumps(whole), **members}.items():
            archive.writestr(name, content)
    return file.getvalue()


def load(model, path):
    """Load a model, or its weights, whatever the file is for."""
    if path.name.endswith(".weights.h5"):
        model.load_weights(path)
    else:
        models.load_model(path)


@pytest.mark.parametrize("ending", ALL_ENDINGS)
@pytest.mark.parametrize("content", [b"", b"no such file", b"PK\x03\x04" + b"\0" * 99])
def test_a_file_that_is_something_else_is_refused(tmp_path, model, ending, content):
    path = tmp_path / f"m{ending}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"m\..* is damaged"):
        load(model, path)


@pytest.mark.parametrize("ending", ALL_ENDINGS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_the_first_part_of_a_file_is_refused(tmp_path, model, ending, part):
    path = tmp_path / f"m{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(ValueError, match=r"m\..* is damaged"):
        load(model, path)


@pytest.mark.parametrize("ending", ALL_ENDINGS)
def test_a_flipped_bit_is_found(tmp_path, model, ending):
    path = tmp_path / f"m{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    content = path.read_bytes()
    kernel = model.layers[1].kernel.tobytes()
    assert content.count(kernel) == 1
    flipped = bytes([kernel[0] ^ 1, *kernel[1:]])
    path.write_bytes(content.replace(kernel, flipped))
    with pytest.raises(ValueError, match=r"In .*m\..* is damaged"):
        load(model, path)


@needs_h5py
def test_a_flipped_bit_in_a_single_number_is_found(tmp_path, model):
    path = tmp_path / "m.weights.h5"
    model.optimizer.iterations = 0x1234567
    model.save_weights(path)
    content = path.read_bytes()
    steps = (0x1234567).to_bytes(4, "little")
    assert content.count(steps) == 1
    path.write_bytes(content.replace(steps, (0x1234566).to_bytes(4, "little")))
    with pytest.raises(ValueError, match=r"m\..* is damaged"):
        load(model, path)


@pytest.mark.parametrize("ending", ZIP_ENDINGS)
def test_a_damaged_name_does_not_hide_what_it_names(tmp_path, model, ending):
    path = tmp_path / f"m{ending}"
    model.save(path)
    content = path.read_bytes()
    # The second time that it is there is in the list of all members.
    name = b"metadata.json" if ending == ".keras" else b"optimizer/vars/2.npy"
    before, between, after = content.split(name)
    path.write_bytes(before + name + between + name[:-1] + b"x" + after)
    with pytest.raises(ValueError, match=r"m\..* is damaged"):
        models.load_model(path)


@needs_h5py
@pytest.mark.parametrize("place", ["layers/dense", "layers/dense/vars"])
def test_a_layer_that_hdf5_has_not_is_one_without_weights(tmp_path, place):
    model = Sequential([layers.Input((4,)), layers.Dense(2, name="dense")])
    file = tmp_path / "file.weights.h5"
    model.save_weights(file)
    with h5py.File(file, "r+") as opened:
        del opened[place]
    with pytest.raises(ValueError, match="in the file, 'layers/dense' has none"):
        model.load_weights(file)


@needs_h5py
def test_a_damaged_chunk_of_hdf5_is_found(tmp_path):
    kernel = np.zeros((4, 3))

    def change(place):
        place.create_dataset("0", data=kernel, chunks=kernel.shape, fletcher32=True)
        place.create_dataset("1", data=np.full(3, 7.0))

    content = bytearray(hdf5(change))
    with h5py.File(io.BytesIO(content)) as h5:
        chunk = h5["layers/dense/vars/0"].id.get_chunk_info(0)
    content[chunk.byte_offset] ^= 1
    path = tmp_path / "m.weights.h5"
    path.write_bytes(content)
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(ValueError, match=r"array 0 of 'layers/dense' is damaged"):
        model.load_weights(path)


@pytest.mark.parametrize("ending", ZIP_ENDINGS)
def test_an_encrypted_file_is_refused(tmp_path, model, ending):
    path = tmp_path / f"m{ending}"
    model.save(path)
    content = bytearray(path.read_bytes())
    # The flags of each member, in its own header and in the list at the end.
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(header)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(header, at + 1)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"m\..* is damaged"):
        models.load_model(path)


@pytest.mark.parametrize("name", ["m.keras", "m.npz"])
@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_unpack_without_bounds_are_refused(tmp_path, name, packing):
    path = tmp_path / name
    path.write_bytes(zipped({"description.npy": b""}, packing))
    with pytest.raises(ValueError, match=f"packed by method {packing}"):
        models.load_model(path)


def test_no_more_is_unpacked_than_a_file_declares(tmp_path):
    path = tmp_path / "m.keras"
    zeros = b"\0" * 30_000_000
    content = bytearray(zipped({"model.weights.h5": zeros}, zipfile.ZIP_DEFLATED))
    # In the list of members at the end, the last one's size before it was packed.
    at = content.rfind(b"PK\x01\x02") + 24
    assert int.from_bytes(content[at : at + 4], "little") == len(zeros)
    content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    import fastmlp._saving._archive  # noqa: F401  # Which takes memory, too.

    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"'model\.weights\.h5' is damaged"):
            models.load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("text", [b"\xff\xfe\xff", b"{", b"[" * 100_000])
def test_a_description_that_is_no_json_is_refused(tmp_path, text):
    np.savez(tmp_path / "m.npz", description=np.frombuffer(text, np.uint8))
    with pytest.raises(ValueError, match=r"description in .*m\.npz is damaged"):
        models.load_model(tmp_path / "m.npz")


def rewritten(path, change, weights=None, packing=zipfile.ZIP_STORED):
    """Change the description in a `.keras` file, and put other weights in."""
    with zipfile.ZipFile(path) as archive:
        description = json.loads(archive.read("config.json"))
        weights = weights or archive.read("model.weights.h5")
    change(description)
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("config.json", json.dumps(description))
        archive.writestr("model.weights.h5", weights)


def rewritten_npz(path, change):
    """Change the description in an `.npz` file."""
    with np.load(path) as file:
        arrays = dict(file)
    description = json.loads(arrays["description"].tobytes())
    change(description)
    text = json.dumps(description).encode()
    np.savez(path, **{**arrays, "description": np.frombuffer(text, np.uint8)})


def dense_of(description):
    return description["config"]["layers"][2]


def test_a_layer_that_is_not_known_is_named(tmp_path, model):
    model.save(tmp_path / "m.npz")
    rewritten_npz(
        tmp_path / "m.npz", lambda whole: dense_of(whole).update(class_name="LSTM")
    )
    with pytest.raises(ValueError, match=r"Layer 'dense.*' of class 'LSTM' cannot"):
        models.load_model(tmp_path / "m.npz")


def test_a_lambda_layer_runs_no_code(tmp_path, model):
    model.save(tmp_path / "m.npz")
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    rewritten_npz(
        tmp_path / "m.npz",
        lambda whole: dense_of(whole).update(
            class_name="Lambda", config={"name": "evil", "function": code}
        ),
    )
    with pytest.raises(ValueError, match="'evil' of class 'Lambda'"):
        models.load_model(tmp_path / "m.npz")


def test_settings_that_a_layer_cannot_have_are_named_with_it(tmp_path, model):
    model.save(tmp_path / "m.npz")
    rewritten_npz(
        tmp_path / "m.npz",
        lambda whole: whole["config"]["layers"][1]["config"].update(axis="last"),
    )
    with pytest.raises(ValueError, match=r"'normalization.* axis must be a whole num"):
        models.load_model(tmp_path / "m.npz")


def test_a_layer_larger_than_its_weights_is_refused_before_it_is_built(tmp_path, model):
    model.save(tmp_path / "m.npz")
    rewritten_npz(
        tmp_path / "m.npz",
        lambda whole: dense_of(whole)["config"].update(units=10**12),
    )
    with pytest.raises(ValueError, match="1000000000000"):
        models.load_model(tmp_path / "m.npz")


@needs_h5py
def test_weights_that_unpack_to_much_more_than_their_file_are_not_read(tmp_path, model):
    model.save(tmp_path / "m.keras")
    zeros = b"\0" * 70_000_000
    rewritten(tmp_path / "m.keras", lambda _: None, zeros, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="declares 70,000,000 bytes, but the file ho"):
        models.load_model(tmp_path / "m.keras")


def says_nothing_of_inputs(whole):
    """Take the shape of the inputs out of a description, wherever it is."""
    del whole["build_config"], whole["config"]["build_input_shape"]
    del whole["config"]["layers"][0]
    for layer in whole["config"]["layers"]:
        del layer["build_config"]


def says_it_of_the_model(whole):
    says_nothing_of_inputs(whole)
    whole["build_config"] = {"input_shape": [None, 600]}


def says_it_of_the_first_layer(whole):
    says_nothing_of_inputs(whole)
    whole["config"]["layers"][0]["build_config"] = {"input_shape": [None, 600]}


@pytest.mark.parametrize("ending", ZIP_ENDINGS)
@pytest.mark.parametrize(
    "change",
    [says_it_of_the_model, says_it_of_the_first_layer, says_nothing_of_inputs],
)
def test_the_shape_of_the_inputs_is_found_wherever_a_file_has_it(
    tmp_path, ending, change
):
    model = Sequential([layers.Dense(500, input_shape=(600,)), layers.Dense(2)])
    path = tmp_path / f"m{ending}"
    model.save(path)
    (rewritten if ending == ".keras" else rewritten_npz)(path, change)
    other = models.load_model(path)
    assert other.input_shape == (None, 600)
    assert_same_weights(model, other)


def test_weights_for_inputs_of_an_unknown_shape_are_not_dropped_in_silence(
    tmp_path, model
):
    model.save(tmp_path / "m.npz")
    rewritten_npz(tmp_path / "m.npz", says_nothing_of_inputs)
    with pytest.raises(ValueError, match="does not say which shape the inputs have"):
        models.load_model(tmp_path / "m.npz")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": {"class_name": "Muon", "config": {}}}, "no muon"),
        ({"optimizer": "adam", "loss": "circle"}, "loss identifier: 'circle'"),
        ({"loss": {"class_name": "Huber", "config": {"delta": "x"}}}, "delta"),
        ([1], "settings are a dictionary"),
    ],
)
def test_compile_settings_that_fastmlp_lacks_can_be_left_out(
    tmp_path, model, settings, message
):
    path = tmp_path / "m.npz"
    model.save(path)
    if isinstance(settings, dict):
        settings = {"loss": "mse", **settings}
    rewritten_npz(path, lambda whole: whole.update(compile_config=settings))
    with pytest.raises(ValueError, match=rf"{message}.* load_model\(path, compile="):
        models.load_model(path)
    assert_same_weights(model, models.load_model(path, compile=False))


def test_a_model_that_was_compiled_without_a_loss_is_loaded_uncompiled(tmp_path, model):
    path = tmp_path / "m.npz"
    model.save(path)
    rewritten_npz(path, lambda whole: whole["compile_config"].update(loss=None))
    with pytest.warns(UserWarning, match="no loss, so that the model was not compiled"):
        other = models.load_model(path)
    assert not other.compiled
    assert_same_weights(model, other)


def hdf5(change):
    """Return an HDF5 file with what `change` puts into the place of a kernel."""
    file = io.BytesIO()
    with h5py.File(file, "w") as h5:
        change(h5.create_group("layers/dense/vars"))
    return file.getvalue()


@needs_h5py
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda place: place.create_dataset(
                "0", shape=(10**6, 10**6), chunks=(100, 100), dtype="f4"
            ),
            "declares 4,000,000,000,000 bytes",
        ),
        (
            lambda place: place.create_dataset(
                "0", shape=(4, 3), dtype="f4", external=[("/etc/passwd", 0, 48)]
            ),
            "another file",
        ),
        (
            lambda place: place.update({"0": h5py.ExternalLink("other.h5", "/x")}),
            "another place",
        ),
        (lambda place: place.update({"0": h5py.SoftLink("/layers")}), "another place"),
        (lambda place: place.update({"0": [b"text"]}), "does not hold numbers"),
        (lambda place: place.update({"7": np.zeros(3)}), "array 0 .* is missing"),
        (
            lambda place: place.create_dataset(
                "0", shape=(4, 3), maxshape=(None, 3), chunks=(10**8, 3), dtype="f4"
            ),
            "declares 1,200,000,000 bytes",
        ),
        (
            lambda place: place.create_dataset(
                "0", data=np.zeros((4, 3)), compression="gzip"
            ),
            "is compressed",
        ),
    ],
    ids=[
        "huge",
        "external data",
        "external link",
        "soft link",
        "text",
        "other name",
        "chunk",
        "gzip",
    ],
)
def test_hdf5_that_does_not_hold_plain_arrays_is_refused(tmp_path, change, message):
    path = tmp_path / "m.weights.h5"
    path.write_bytes(hdf5(change))
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(ValueError, match=message):
        model.load_weights(path)


@needs_h5py
def test_layers_that_share_what_a_file_holds_once_are_counted_each(tmp_path):
    def change(place):
        place.create_dataset("0", data=np.zeros((1000, 1000), "f4"))
        for number in range(1, 500):
            place.file[f"layers/dense_{number}"] = place.parent

    dense = {"class_name": "Dense", "config": {"units": 1000, "use_bias": False}}
    config = {"layers": [dense] * 500, "build_input_shape": [None, 1000]}
    path = tmp_path / "m.keras"
    path.write_bytes(
        zipped(
            {
                "config.json": json.dumps(
                    {"class_name": "Sequential", "config": config}
                ),
                "model.weights.h5": hdf5(change),
            }
        )
    )
    with pytest.raises(ValueError, match=r"The model declares 2,008,000,000 bytes"):
        models.load_model(path)


def npz(arrays):
    file = io.BytesIO()
    np.savez(file, **{f"layers/dense/vars/{name}": one for name, one in arrays.items()})
    return file.getvalue()


def test_a_pickle_in_an_npz_is_refused(tmp_path):
    path = tmp_path / "m.npz"
    path.write_bytes(npz({"0": np.array([{}, None], object)}))
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    with pytest.raises(ValueError, match="does not hold numbers"):
        model.load_weights(path)


def test_an_npz_that_declares_more_than_it_holds_is_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
    )
    path = tmp_path / "m.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("layers/dense/vars/0.npy", header.getvalue())
    model = Sequential([layers.Dense(10**6, input_shape=(4,), use_bias=False)])
    with pytest.raises(ValueError, match="declares 4,000,000,000,000 bytes"):
        model.load_weights(path)


def npz_of(description, **members):
    """Return an .npz with a description, as an object or in JSON, and other members."""
    if not isinstance(description, bytes):
        description = json.dumps(description).encode()
    array = io.BytesIO()
    np.lib.format.write_array(array, np.frombuffer(description, np.uint8))
    members = {"description.npy": array.getvalue(), **members}
    return zipped(members, zipfile.ZIP_DEFLATED)


def described(*layers, inputs=4, **more):
    """Return the description of a model of layers: "ReLU", ("Dense", {"units": 3})."""
    named = [one if isinstance(one, tuple) else (one, {}) for one in layers]
    whole = [{"class_name": name, "config": config} for name, config in named]
    config = {"layers": whole, "build_input_shape": [None, inputs]}
    return {"class_name": "Sequential", "config": config, **more}


RESCALING = ("Rescaling", {"scale": 2.0})


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (described(RESCALING, inputs=60_000_000), "model declares 960,000,000 bytes"),
        (described(*[RESCALING] * 9, inputs=10**6), "model declares 144,000,000 bytes"),
        (described("ReLU", inputs=10**30), "model declares 16,000,000,000,0"),
        (described(("Dense", {"units": 10**30})), "weights of the shapes"),
        (b" " * 2_000_000 + b"{}", "no description of a network is so long"),
        (b"[" + b"{}," * 10**6 + b"{}]", "no description of a network is so long"),
    ],
    ids=["layer", "layers", "input", "units", "spaces", "objects"],
)
def test_what_a_small_file_declares_takes_no_memory(tmp_path, description, message):
    path = tmp_path / "m.npz"
    path.write_bytes(npz_of(description))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            models.load_model(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [
        "-" * 9000 + "1",
        "-" * 900 + "1",
        "(" * 900,
        "{1:" * 300,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%s,), }" % ("9" * 800),
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4 3), }",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (4, 3), }",
        "{'descr': '<f4', 'fortran_order': 1, 'shape': (4, 3), }",
    ],
)
def test_the_line_about_an_array_is_text_and_no_expression(tmp_path, line):
    content = line.encode() + b"\n"
    header = b"\x93NUMPY\x01\x00" + len(content).to_bytes(2, "little") + content
    path = tmp_path / "m.npz"
    dense = described(("Dense", {"units": 3}))
    path.write_bytes(npz_of(dense, **{"layers/dense/vars/0.npy": header}))
    with pytest.raises(
        ValueError, match=r"'layers/dense/vars/0' (is damaged|declares)"
    ):
        models.load_model(path)


def test_an_array_holds_what_its_line_says_and_nothing_behind(tmp_path):
    array = io.BytesIO()
    np.lib.format.write_array(array, np.zeros((4, 3), np.float32))
    path = tmp_path / "m.npz"
    dense = described(("Dense", {"units": 3}))
    more = array.getvalue() + b"more"
    path.write_bytes(npz_of(dense, **{"layers/dense/vars/0.npy": more}))
    with pytest.raises(ValueError, match="declares 48 bytes, but holds 52"):
        models.load_model(path)


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "|i1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_plain_numbers_are_read_in_either_order(tmp_path, dtype, order):
    kernel = np.arange(12).reshape(4, 3).astype(dtype, order=order)
    path = tmp_path / "m.npz"
    path.write_bytes(npz({"0": kernel, "1": np.zeros(3)}))
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)


def test_each_layer_and_each_metric_of_a_file_costs_the_same(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        layers.ReLU,
        "output_shape_for",
        lambda self, shape: asked.append(self.name) or shape,
    )
    for count in (20, 2000):
        asked.clear()
        settings = {"optimizer": "sgd", "loss": "mse", "metrics": ["mse"] * count}
        whole = described(*["ReLU"] * count, compile_config=settings)
        (tmp_path / "m.npz").write_bytes(npz_of(whole))
        model = models.load_model(tmp_path / "m.npz")
        assert len(model.layers) == count
        assert len(set(model.metrics_names)) == count + 1
        assert len(asked) <= 4 * count


@needs_h5py
def test_a_file_of_keras_is_closed_even_after_an_error(tmp_path, model):
    model.save_weights(tmp_path / "m.weights.h5")
    model.save(tmp_path / "m.keras")
    rewritten(
        tmp_path / "m.keras", lambda whole: dense_of(whole)["config"].update(units=6)
    )
    # An error that is kept keeps all that its functions had in hand.
    with pytest.raises(ValueError, match="has weights of the shapes") as of_a_model:
        models.load_model(tmp_path / "m.keras")
    other = Sequential([layers.Dense(6, input_shape=(4,))])
    with pytest.raises(ValueError, match="has weights of the shapes") as of_weights:
        other.load_weights(tmp_path / "m.weights.h5")
    assert of_a_model.tb
    assert of_weights.tb
    assert h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE) == 0


@needs_h5py
def test_float64_and_chunks_are_read(tmp_path):
    kernel = np.arange(12.0).reshape(4, 3)

    def change(place):
        place.create_dataset("0", data=kernel, chunks=(3, 2), shuffle=True)
        place.create_dataset("1", data=np.zeros(3, np.int64))

    path = tmp_path / "m.weights.h5"
    path.write_bytes(hdf5(change))
    model = Sequential([layers.Dense(3, input_shape=(4,))])
    model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)


@needs_h5py
def test_the_least_that_describes_a_model_is_enough(tmp_path):
    path = tmp_path / "m.keras"
    dense = {"class_name": "Dense", "config": {"units": 3}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "config.json",
            json.dumps({"class_name": "Sequential", "config": {"layers": [dense]}}),
        )
        archive.writestr("model.weights.h5", hdf5(lambda place: None))
    model = models.load_model(path)
    assert not model.built
    assert model.layers[0].units == 3


@needs_h5py
def test_texts_without_an_end_are_refused(tmp_path):
    """HDF5 would go round in circles in a heap that is damaged so."""
    import h5py

    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}" * 100  # Of any length, as Keras has it.
    content = path.read_bytes()
    length = content.index(b"GCOL") + 24
    path.write_bytes(content[:length] + b"\xf8" + b"\xff" * 7 + content[length + 8 :])
    with pytest.raises(ValueError, match="its texts have no end"):
        models.load_model(path)


@needs_h5py
@pytest.mark.parametrize("name", ["model_weights", "model_weights/dense"])
def test_links_are_not_followed_in_the_older_format(tmp_path, model, name):
    import h5py

    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        name = name.replace("dense", model.layers[1].name)
        file.move(name, "other")
        file[name] = h5py.SoftLink("/other")
    with pytest.raises(ValueError, match="refers to another place"):
        models.load_model(tmp_path / "m.h5")
