"""Mistakes with models: putting them together, changing, describing, saving them."""

import numpy as np

from bad_input.values import SECRET, WORD, X, an_x


def other_weights(model, **changed):
    weights = [np.full_like(weight, SECRET) for weight in model.get_weights()]
    for number, weight in changed.items():
        weights[int(number[1:])] = weight
    return weights


def _of_other_inputs(library):
    # Without chance, which a refused call must not have drawn from.
    layer = library.layers.Dense(2, kernel_initializer="zeros", name="other")
    return library.Sequential([library.layers.Input((9,)), layer]).layers[0]


# fmt: off
MAKING = {
    "Sequential: a layer": (lambda k: k.Sequential(k.layers.Dense(3)), TypeError, "list of layers|Sequential([layer])|Dense"),
    "Sequential: 5": (lambda k: k.Sequential(5), TypeError, "list of layers|Sequential([layer])|5"),
    "Sequential: [5]": (lambda k: k.Sequential([5]), ValueError, "fastmlp.layers|type int"),
    "Sequential: a class": (lambda k: k.Sequential([k.layers.Dense]), ValueError, "class|Dense(...)"),
    "Sequential: a set": (lambda k: k.Sequential({k.layers.Dense(3), k.layers.Dense(4)}), TypeError, "list of layers in their order|set"),
    "Sequential: a dictionary": (lambda k: k.Sequential({"a": k.layers.Dense(3)}), TypeError, "list of layers in their order|dict"),
    "Sequential: a name as second argument": (lambda k: k.Sequential([k.layers.Dense(3)], "net"), TypeError, "trainable must be True or False|'net'"),
    "Sequential: name=3": (lambda k: k.Sequential(name=3), ValueError, "`name` must be a string|3"),
    "Sequential: two layers of one name": (lambda k: k.Sequential([k.layers.Dense(3, name="a"), k.layers.Dense(3, name="a")]), ValueError, "unique names|'a'|another `name`"),
    "Sequential: trainable = 'no' later": (lambda k, m: setattr(m, "trainable", "no"), TypeError, "trainable must be True or False|'no'"),
    "Sequential: name = 3 later": (lambda k, m: setattr(m, "name", 3), ValueError, "`name` must be a string|3"),
    "Sequential: an Input of another layer's": (lambda k: k.Sequential([k.layers.Dense(3, input_shape=(4,)), k.layers.Dense(2, input_shape=(9,))]), UserWarning, "input_shape=(9,)|(3,)|run twice"),
    "Sequential.add: 3": (lambda k, m: m.add(3), ValueError, "fastmlp.layers|int"),
    "Sequential.add: None": (lambda k, m: m.add(None), ValueError, "fastmlp.layers|NoneType"),
    "Sequential.add: 'dense'": (lambda k, m: m.add("dense"), ValueError, "fastmlp.layers|str"),
    "Sequential.add: a list": (lambda k, m: m.add([k.layers.Dense(3)]), ValueError, "fastmlp.layers|list"),
    "Sequential.add: a class": (lambda k, m: m.add(k.layers.Dense), ValueError, "class|Dense(...)"),
    "Sequential.add: itself": (lambda k, m: m.add(m), ValueError, "model|layer of itself"),
    "Sequential.add: a layer twice": (lambda k, m: m.add(m.layers[0]), ValueError, "in this model already|Make a second Dense"),
    "Sequential.add: a second Input": (lambda k, m: m.add(k.layers.Input((4,))), ValueError, "configured|first layer|run twice"),
    "Sequential.add: a layer of other inputs": (lambda k, m: m.add(_of_other_inputs(k)), ValueError, "'other' was built for inputs|(None, 9)"),
    "Sequential.add: a Layer": (lambda k, m: m.add(k.layers.Layer()), ValueError, "fastmlp.layers|type Layer"),
    "Sequential.pop: nothing": (lambda k: k.Sequential().pop(), IndexError, "no layer to pop|has none"),
    "Sequential.build: other inputs": (lambda k, m: m.build((None, 5)), ValueError, "(4,)|(5,)"),
    "Sequential.build: 5": (lambda k, m: m.build(5), ValueError, "(None, inputs)|5"),
    "Sequential.build: nothing known": (lambda k: k.Sequential([k.layers.Dense(3)]).build(), ValueError, "does not know its inputs|model.build((None, inputs))"),
    "Sequential.build: (4,)": (lambda k, m: m.build((4,)), ValueError, "(None, inputs)|(4,)"),
    "Sequential.build: (None, None)": (lambda k, m: m.build((None, None)), ValueError, "(None,)|positive whole numbers"),
    "Sequential.build: (None, 0)": (lambda k, m: m.build((None, 0)), ValueError, "(0,)|positive whole numbers"),
    "Sequential.build: (None, 2.5)": (lambda k, m: m.build((None, 2.5)), ValueError, "(2.5,)|positive whole numbers"),
    "Sequential.build: a layer again": (lambda k, m: m.layers[0].build((None, 4)), ValueError, "built already|(None, 4)"),
    "Sequential.build: no layers": (lambda k: k.Sequential().build((None, 4)), ValueError, "no layers|model.add(layer)"),
    "Sequential.get_layer: nothing": (lambda k, m: m.get_layer(), ValueError, "either a layer name|index"),
    "Sequential.get_layer: both": (lambda k, m: m.get_layer("a", 0), ValueError, "either a layer name|index"),
    "Sequential.get_layer: 'zzz'": (lambda k, m: m.get_layer("zzz"), ValueError, "'zzz'|Existing layers are|dense"),
    "Sequential.get_layer: 7": (lambda k, m: m.get_layer(index=7), ValueError, "index 7|2 layers"),
    "Sequential.get_layer: 'a' as index": (lambda k, m: m.get_layer(index="a"), TypeError, "index|whole number|'a'"),
    "Sequential.set_weights: None": (lambda k, m: m.set_weights(None), TypeError, "list of arrays|`get_weights`|None"),
    "Sequential.set_weights: an array": (lambda k, m: m.set_weights(X), TypeError, "list of arrays|`get_weights`|ndarray"),
    "Sequential.set_weights: a generator": (lambda k, m: m.set_weights(w for w in m.get_weights()), TypeError, "list of arrays|generator"),
    "Sequential.set_weights: too few": (lambda k, m: m.set_weights(other_weights(m)[:3]), ValueError, "length 3|4 weights"),
    "Sequential.set_weights: the last one wrong": (lambda k, m: m.set_weights(other_weights(m, _3=an_x(9))), ValueError, "Weight 3|(3,)|(9,)"),
    "Sequential.set_weights: transposed": (lambda k, m: m.set_weights(other_weights(m, _0=an_x(5, 4))), ValueError, "Weight 0|(4, 5)|(5, 4)"),
    "Sequential.set_weights: words": (lambda k, m: m.set_weights(other_weights(m, _3=[WORD] * 3)), TypeError, "Weight 3|text|float"),
    "Sequential.set_weights: complex": (lambda k, m: m.set_weights(other_weights(m, _3=an_x(3) * 1j)), TypeError, "Weight 3|complex128"),
    "Sequential.set_weights: ragged": (lambda k, m: m.set_weights(other_weights(m, _2=[[1], [1, 2]])), ValueError, "Weight 2|rows differ in length"),
    "Sequential.set_weights: masked": (lambda k, m: m.set_weights(other_weights(m, _3=np.ma.masked_less(np.arange(3), 2))), ValueError, "Weight 3|masked|filled(0)"),
    "Sequential.set_weights: NaN": (lambda k, m: m.set_weights(other_weights(m, _3=np.full(3, np.nan))), RuntimeWarning, "Weight 3|NaN or infinity|before the loss"),
    "Sequential.set_weights: of one layer": (lambda k, m: m.layers[0].set_weights([an_x(4, 5), an_x(4)]), ValueError, "Weight 1|(5,)|(4,)"),
    "Sequential.count_params: not built": (lambda k: k.Sequential([k.layers.Dense(3)]).count_params(), ValueError, "isn't built|model.build((None, inputs))"),
    "Sequential.summary: line_length='a'": (lambda k, m: m.summary(line_length="a"), TypeError, "line_length|whole number|'a'"),
    "Sequential.summary: line_length=-4": (lambda k, m: m.summary(line_length=-4), ValueError, "line_length must be at least 1|-4"),
    "Sequential.summary: positions=3": (lambda k, m: m.summary(positions=3), TypeError, "positions must be a list|[0.45, 0.8, 1.0]|3"),
    "Sequential.summary: expand_nested='no'": (lambda k, m: m.summary(expand_nested="no"), TypeError, "expand_nested|True or False|'no'"),
    "Sequential.summary: print_fn=3": (lambda k, m: m.summary(print_fn=3), TypeError, "print_fn must be a function|3"),
    "Sequential.summary: layer_range=3": (lambda k, m: m.summary(layer_range=3), ValueError, "list of two names|dense"),
    "Sequential.summary: layer_range of patterns": (lambda k, m: m.summary(layer_range=["(", ")"]), ValueError, "no names|patterns"),
    "Sequential.metric_named: an array": (lambda k, m: m.metric_named(X), TypeError, "name must be text|ndarray"),
}
DESCRIBING = {
    "Sequential.from_config: None": (lambda k: k.Sequential.from_config(None), ValueError, "dictionary|'layers'"),
    "Sequential.from_config: {}": (lambda k: k.Sequential.from_config({}), ValueError, "dictionary|'layers'"),
    "Sequential.from_config: a layer of no class": (lambda k: k.Sequential.from_config({"layers": [{"class_name": "Dens", "config": {}}]}), ValueError, "'Dens'|Did you mean 'Dense'?"),
    "Sequential.from_config: of a graph": (lambda k, m: k.Sequential.from_config(k.Model(m.inputs, m.outputs).get_config()), ValueError, "Functional|'input_layers'|Model.from_config"),
    "Model.from_config: None": (lambda k: k.Model.from_config(None), ValueError, "dictionary|'layers'"),
    "Model.from_config: of a row": (lambda k, m: k.Model.from_config(m.get_config()), ValueError, "Functional|'input_layers'|Sequential.from_config"),
    "Sequential.compile_from_config: None": (lambda k, m: m.compile_from_config(None), ValueError, "dictionary|'optimizer'|NoneType"),
    "Sequential.compile_from_config: an optimizer of no name": (lambda k, m: m.compile_from_config({"optimizer": "adm", "loss": "mse"}), ValueError, "'adm'|Did you mean 'adam'?"),
    "Sequential.to_json: an unknown option": (lambda k, m: m.to_json(idnent=3), TypeError, "idnent|json.dumps"),
    "models.model_from_json: None": (lambda k: k.models.model_from_json(None), TypeError, "json_string must be text|None"),
    "models.model_from_json: ''": (lambda k: k.models.model_from_json(""), ValueError, "json_string is no JSON|`to_json`"),
    "models.model_from_json: a part": (lambda k, m: k.models.model_from_json(m.to_json()[:50]), ValueError, "json_string is no JSON|whole"),
    "models.model_from_json: 3": (lambda k: k.models.model_from_json("3"), ValueError, "class None|Sequential and Functional"),
    "models.model_from_json: the name of a file": (lambda k: k.models.model_from_json("m.json"), ValueError, "json_string is no JSON|`load_model`"),
    "models.clone_model: None": (lambda k: k.models.clone_model(None), TypeError, "a model first|None"),
    "models.clone_model: a layer": (lambda k: k.models.clone_model(k.layers.Dense(3)), TypeError, "a model first|Dense"),
    "models.save_model: None": (lambda k: k.models.save_model(None, "m.keras"), TypeError, "a model first|None"),
    "models.save_model: swapped": (lambda k, m: k.models.save_model("m.keras", m), TypeError, "a model first|'m.keras'"),
}
_PATHS = {
    "bytes": (b"m.keras", TypeError, "name of a file|bytes"),
    "3": (3, TypeError, "name of a file|int"),
    "None": (None, TypeError, "name of a file|NoneType"),
    "a list": (["m.keras"], TypeError, "name of a file|list"),
    "''": ("", ValueError, "name of a file|empty"),
    "a null character": ("m\0.keras", ValueError, "name of a file|null character"),
    "another ending": ("m.txt", ValueError, "must end in|'m.txt'"),
}
_CALLS_WITH_PATH = {
    "Sequential.save": lambda k, m, path: m.save(path),
    "Sequential.save_weights": lambda k, m, path: m.save_weights(path),
    "Sequential.load_weights": lambda k, m, path: m.load_weights(path),
    "models.load_model": lambda k, m, path: k.models.load_model(path),
}
FILES = {
    **{
        f"{called}: {name}": (lambda k, m, call=call, path=path: call(k, m, path), error, words)
        for called, call in _CALLS_WITH_PATH.items()
        for name, (path, error, words) in _PATHS.items()
    },
    "Sequential.save: overwrite='no'": (lambda k, m: m.save("m.keras", overwrite="no"), TypeError, "overwrite must be True or False|'no'"),
    "Sequential.save: zipped='no'": (lambda k, m: m.save("m.keras", zipped="no"), TypeError, "zipped must be True or False|'no'"),
    "Sequential.save_weights: overwrite='no'": (lambda k, m: m.save_weights("m.weights.h5", overwrite="no"), TypeError, "overwrite must be True or False|'no'"),
    "Sequential.save_weights: not built": (lambda k: k.Sequential([k.layers.Dense(3)]).save_weights("m.weights.h5"), ValueError, "no weights yet|model.build"),
    "Sequential.load_weights: skip_mismatch='no'": (lambda k, m: m.load_weights("m.weights.h5", skip_mismatch="no"), TypeError, "skip_mismatch must be True or False|'no'"),
    "Sequential.load_weights: no such file": (lambda k, m: m.load_weights("nowhere.weights.h5"), FileNotFoundError, "no file 'nowhere.weights.h5'|complete"),
    "models.load_model: no such file": (lambda k: k.models.load_model("nowhere.keras"), FileNotFoundError, "no file 'nowhere.keras'|complete"),
    "models.load_model: compile='no'": (lambda k: k.models.load_model("nowhere.keras", compile="no"), TypeError, "compile must be True or False|'no'"),
}
UTILS = {
    "install_as_keras: shadow='yes'": (lambda k: k.install_as_keras(shadow="yes"), TypeError, "shadow must be True or False|'yes'"),
    "utils.to_categorical: -1": (lambda k: k.utils.to_categorical([-1, 0]), ValueError, "0 and above|-1|Shift"),
    "utils.to_categorical: NaN": (lambda k: k.utils.to_categorical([0, np.nan]), ValueError, "NaN|Drop those rows"),
    "utils.to_categorical: float16 infinity": (lambda k: k.utils.to_categorical(np.float16([0, np.inf])), ValueError, "infinite|Drop those rows"),
    "utils.to_categorical: words": (lambda k: k.utils.to_categorical(["cat", "dog"]), ValueError, "whole numbers|numpy.unique"),
    "utils.to_categorical: None": (lambda k: k.utils.to_categorical(None), ValueError, "whole numbers|numpy.unique"),
    "utils.to_categorical: masked": (lambda k: k.utils.to_categorical(np.ma.masked_equal([0, 1], 1)), ValueError, "x is a masked array|x.filled(0)"),
    "utils.to_categorical: labels from 1 on": (lambda k: k.utils.to_categorical([1, 2, 3], 3), IndexError, "0..2|largest label is 3|count from 0"),
    "utils.to_categorical: no labels": (lambda k: k.utils.to_categorical([]), ValueError, "no labels|num_classes"),
    "utils.to_categorical: -3 classes": (lambda k: k.utils.to_categorical([0], -3), ValueError, "num_classes must be at least 1|-3"),
    "utils.to_categorical: 2.5 classes": (lambda k: k.utils.to_categorical([0], 2.5), TypeError, "num_classes|whole number|2.5"),
    "utils.to_categorical: one-hot rows": (lambda k: k.utils.to_categorical(np.eye(3)), UserWarning, "(3, 3)|one-hot already|two times"),
    "utils.to_categorical: num_class": (lambda k: k.utils.to_categorical([0], num_class=3), TypeError, "'num_class'|Did you mean 'num_classes'?"),
    "utils.register_keras_serializable: without brackets": (lambda k: k.utils.register_keras_serializable(k.layers.Layer), TypeError, "@register_keras_serializable()|brackets"),
    "utils.register_keras_serializable: a number": (lambda k: k.utils.register_keras_serializable(3), TypeError, "package must be text|3"),
    "utils.register_keras_serializable: name=3": (lambda k: k.utils.register_keras_serializable("a", 3), TypeError, "name must be text|3"),
    "utils.register_keras_serializable: of an object": (lambda k: k.utils.register_keras_serializable()(3), TypeError, "class or a function|3"),
    "utils.register_keras_serializable: a class without get_config": (lambda k: k.utils.register_keras_serializable()(int), ValueError, "'int'|get_config"),
    "utils.CustomObjectScope: a list": (lambda k: k.utils.CustomObjectScope([len]), TypeError, "custom_objects|by name|list"),
    "utils.get_registered_name: a number": (lambda k: k.utils.get_registered_name(3), TypeError, "a class or a function|3"),
    "utils.get_registered_object: a list": (lambda k: k.utils.get_registered_object("a", [len]), TypeError, "custom_objects|by name|list"),
    "utils.set_random_seed: -1": (lambda k: k.utils.set_random_seed(-1), ValueError, "seed must be at least 0|-1"),
    "utils.set_random_seed: 0.5": (lambda k: k.utils.set_random_seed(0.5), TypeError, "seed must be a whole number|0.5"),
    "utils.set_random_seed: 'a'": (lambda k: k.utils.set_random_seed("a"), TypeError, "seed must be a whole number|'a'"),
    "utils.set_random_seed: 2**32": (lambda k: k.utils.set_random_seed(2**32), ValueError, "seed must be at most|4294967296"),
    "utils.PyDataset: workers=-1": (lambda k: k.utils.PyDataset(workers=-1), ValueError, "workers must be at least 0|-1"),
    "utils.PyDataset: max_queue_size='ten'": (lambda k: k.utils.PyDataset(max_queue_size="ten"), TypeError, "max_queue_size must be a whole number|'ten'"),
    "utils.PyDataset: use_multiprocessing='no'": (lambda k: k.utils.PyDataset(use_multiprocessing="no"), TypeError, "use_multiprocessing must be True or False|'no'"),
    "utils.Sequence: workers=2.5": (lambda k: k.utils.Sequence(workers=2.5), TypeError, "workers must be a whole number|2.5"),
    "utils.Progbar: 'a'": (lambda k: k.utils.Progbar("a"), TypeError, "target|whole number|'a'"),
    "utils.Progbar: both lists": (lambda k: k.utils.Progbar(3, stateful_metrics=["a"], stateless_metrics=["b"]), ValueError, "both|leave one of them out"),
    "utils.Progbar: verbose='yes'": (lambda k: k.utils.Progbar(3, verbose="yes"), ValueError, "verbose must be 0, 1, 2 or 3|'yes'"),
    "config.set_floatx: float64": (lambda k: k.config.set_floatx("float46"), ValueError, "float32|'float46'"),
    "config.set_floatx: an array": (lambda k: k.config.set_floatx(X), ValueError, "float32|ndarray"),
    "backend.set_floatx: None": (lambda k: k.backend.set_floatx(None), ValueError, "float32|None"),
}
NO_MISTAKE_ELSEWHERE = {
    "Sequential.add: a Layer",
    "Sequential.compile: metrics=a dictionary",
    "Sequential.compile: metrics=a loss",
    "Sequential.compile: metrics=len",
    "Sequential.fit: shuffle=2",
    "Sequential.fit: shuffle=None",
    "layers.BatchNormalization: axis 0",
    "layers.Dense: an activation without a hash",
    "layers.Dense: np.tanh",
    "layers.Dense: use_bias=None",
    "layers.Dropout: 1",
    "layers.ELU: -1",
    "layers.Input: ()",
    "layers.InputLayer: None",
    "layers.Normalization: adapt to one row",
    "layers.Softmax: axis 0",
    "metrics.RootMeanSquaredError: a number",
}
# What only fastmlp has, or cannot do.
OWN = {
    "Input: 4": (lambda k: k.Input(4), ValueError, "4|(784,)"),
    "Model: inputs": (lambda k: k.Model(inputs=3), TypeError, "Model(inputs, outputs)|Sequential"),
    "models.Model: a call": (lambda k: k.models.Model(), TypeError, "Model(inputs, outputs)|Sequential"),
    "models.Sequential: 5": (lambda k: k.models.Sequential(5), TypeError, "list of layers|5"),
    "Sequential: an initializer of another shape": (lambda k: _initialized(k, lambda shape, dtype=None: np.zeros(7)), ValueError, "kernel|(7,)|(4, 3)|Mend its initializer"),
    "Sequential: an initializer that returns nothing": (lambda k: _initialized(k, lambda shape, dtype=None: None), TypeError, "kernel|NoneType"),
    "Sequential: an initializer that returns words": (lambda k: _initialized(k, lambda shape, dtype=None: [[WORD] * 3] * 4), TypeError, "kernel|text"),
    "Sequential.compile: steps_per_execution=0": (lambda k, m: m.compile("sgd", "mse", steps_per_execution=0), ValueError, "steps_per_execution must be at least 1|0"),
    "Sequential.compile: steps_per_execution='many'": (lambda k, m: m.compile("sgd", "mse", steps_per_execution="many"), TypeError, "steps_per_execution must be a whole number|'many'"),
    "Sequential.compile: an optimizer of one's own": (lambda k, m: m.compile(type("MySGD", (k.optimizers.SGD,), {})(), "mse"), ValueError, "compiled|MySGD|rmsprop, sgd)"),
    "Sequential.compile: a loss of one's own": (lambda k, m: m.compile("sgd", type("MyLoss", (k.losses.MeanSquaredError,), {})()), ValueError, "MyLoss|mse|with a `call`"),
    "Sequential.compile: a function as loss": (lambda k, m: m.compile("sgd", len), ValueError, "loss|function|with a `call`"),
    "Sequential.compile: loss_weights": (lambda k, m: m.compile("sgd", "mse", loss_weights=[0.5, 2]), ValueError, "loss_weights|has 2 entries|the model has 1"),
    "layers.Dense: float16": (lambda k: k.layers.Dense(3, dtype="float16"), ValueError, "float32|'float16'|leave it out"),
    "layers.Dropout: noise_shape": (lambda k: k.layers.Dropout(0.5, noise_shape=(1,)), ValueError, "noise_shape|leave it out"),
    "layers.BatchNormalization: renorm": (lambda k: k.layers.BatchNormalization(renorm=True), ValueError, "renorm|leave it out"),
    "layers.Input: sparse": (lambda k: k.layers.Input((4,), sparse=True), ValueError, "leave `sparse` out|set_zero_skipping"),
    "losses.SparseCategoricalCrossentropy: ignore_class": (lambda k: k.losses.SparseCategoricalCrossentropy(ignore_class=0), ValueError, "ignore_class|sample_weight of 0"),
    "metrics.Precision: several thresholds": (lambda k: k.metrics.Precision([0.1, 0.2]), ValueError, "single number|a metric for each"),
    "metrics.AUC: thresholds": (lambda k: k.metrics.AUC(thresholds=[0.5]), ValueError, "thresholds|leave it out"),
    "optimizers.SGD: use_ema": (lambda k: k.optimizers.SGD(use_ema=True), ValueError, "use_ema|leave it out"),
    "models.load_model: custom_objects": (lambda k: k.models.load_model("m.keras", [len]), TypeError, "custom_objects|by name|list"),
    "Sequential.save: not zipped": (lambda k, m: m.save("m.keras", zipped=False), ValueError, "one file|leave `zipped` out"),
    "config.set_num_threads: 0": (lambda k: k.config.set_num_threads(0), ValueError, "threads must be at least 1|0"),
    "config.set_num_threads: 'all'": (lambda k: k.config.set_num_threads("all"), TypeError, "threads must be a whole number|'all'"),
    "config.set_num_threads: 1000": (lambda k: k.config.set_num_threads(1000), ValueError, "threads must be at most 512|1000"),
    "config.set_zero_skipping: True": (lambda k: k.config.set_zero_skipping(True), ValueError, "'auto', 'on' or 'off'|True"),
    "config.set_zero_skipping: an array": (lambda k: k.config.set_zero_skipping(X), ValueError, "'auto', 'on' or 'off'|ndarray"),
    "datasets.mnist.load_data: bytes": (lambda k: k.datasets.mnist.load_data(b"mnist.npz"), TypeError, "name of a file|bytes"),
    "datasets.mnist.load_data: ..": (lambda k: k.datasets.mnist.load_data(".."), ValueError, "names no file|mnist.npz"),
    "datasets.boston_housing.load_data: test_split of 1": (lambda k: k.datasets.boston_housing.load_data(test_split=1), ValueError, "test_split must be below 1|learn"),
    "datasets.california_housing.load_data: medium": (lambda k: k.datasets.california_housing.load_data("medium"), ValueError, "version must be 'large' or 'small'|'medium'"),
    "datasets.cifar100.load_data: rough": (lambda k: k.datasets.cifar100.load_data("rough"), ValueError, "label_mode must be 'fine' or 'coarse'|'rough'"),
    "datasets.imdb.load_data: a fraction": (lambda k: k.datasets.imdb.load_data(num_words=0.5), TypeError, "num_words must be a whole number|0.5"),
    "datasets.imdb.get_word_index: bytes": (lambda k: k.datasets.imdb.get_word_index(b"words.json"), TypeError, "name of a file|bytes"),
    "datasets.reuters.load_data: 20": (lambda k: k.datasets.reuters.load_data(test_split=20), ValueError, "test_split|a number from 0 to 1|20"),
    "datasets.reuters.get_word_index: a folder": (lambda k: k.datasets.reuters.get_word_index(".."), ValueError, "names no file|reuters_word_index.json"),
    "datasets.synthetic_boston_housing.load_data: 'no'": (lambda k: k.datasets.synthetic_boston_housing.load_data("no"), TypeError, "test_split must be a number|'no'"),
    "datasets.synthetic_california_housing.load_data: -1": (lambda k: k.datasets.synthetic_california_housing.load_data(seed=-1), ValueError, "seed must be at least 0|-1"),
    "datasets.synthetic_cifar10.load_data: a half": (lambda k: k.datasets.synthetic_cifar10.load_data(n_test=0.5), TypeError, "n_test must be a whole number|0.5"),
    "datasets.synthetic_cifar100.load_data: rough": (lambda k: k.datasets.synthetic_cifar100.load_data("rough"), ValueError, "label_mode must be 'fine' or 'coarse'|'rough'"),
    "datasets.synthetic_fashion_mnist.load_data: -1": (lambda k: k.datasets.synthetic_fashion_mnist.load_data(n_train=-1), ValueError, "n_train must be at least 0|-1"),
    "datasets.synthetic_imdb.load_data: maxlen of 2": (lambda k: k.datasets.synthetic_imdb.load_data(maxlen=2, n_train=10, n_test=10), ValueError, "No text is shorter than maxlen=2|larger"),
    "datasets.synthetic_reuters.load_data: None": (lambda k: k.datasets.synthetic_reuters.load_data(skip_top=None), TypeError, "skip_top must be a whole number|None"),
    "datasets.synthetic_digits.load_data: -1": (lambda k: k.datasets.synthetic_digits.load_data(n_train=-1), ValueError, "n_train must be at least 0|-1"),
    "datasets.synthetic_digits.load_data: True": (lambda k: k.datasets.synthetic_digits.load_data(seed=True), TypeError, "seed must be a whole number|True"),
}
# fmt: on


def _initialized(library, initializer):
    layer = library.layers.Dense(3, kernel_initializer=initializer)
    library.Sequential([library.layers.Input((4,))]).add(layer)
