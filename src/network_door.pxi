# The door to the network: the arrays of a plan, as the structs that the chapters know.

from cython.parallel cimport parallel, threadid


def py_run(
    plan, samples, workspace, int mode, Py_ssize_t first, Py_ssize_t last,
    unsigned long long iteration, const double[:, ::1] rates, double[::1] totals,
    float[:, ::1] predictions, int threads,
):
    """Work on batches first to last, with the arrays of fastmlp/plan.py

    To look at an array takes a tenth of a microsecond: of those that a prediction for a
    single row has no use for, none is looked at.
    """
    cdef const Py_ssize_t[:, ::1] steps = plan.steps
    cdef const double[:, ::1] numbers = plan.numbers, metrics
    cdef const double[::1] clipping, settings
    cdef const float[::1] constants = plan.constants, weights = samples.weights
    cdef float[::1] parameters = plan.parameters, gradients
    cdef float[:, ::1] memory, panels = workspace.panels
    cdef const float[:, ::1] x = samples.x, t = samples.t
    cdef const int[::1] labels = samples.labels
    cdef const Py_ssize_t[::1] order = samples.order
    cdef float[::1] values
    cdef unsigned short[::1] pairs
    cdef Py_ssize_t[:, ::1] starts
    cdef float[::1] outputs = workspace.outputs, deltas, row_values, statistics
    cdef float[::1] space_values, space_x, space_t, space_weights
    cdef unsigned short[::1] space_pairs
    cdef Py_ssize_t[::1] space_starts
    cdef Network net
    cdef Samples all_samples
    cdef Workspace space
    cdef Meeting meeting
    cdef double penalty_of_weights = 0
    memset(&net, 0, sizeof(net))
    memset(&all_samples, 0, sizeof(all_samples))
    memset(&space, 0, sizeof(space))
    memset(&meeting, 0, sizeof(meeting))
    net.steps = <const Step*> &steps[0, 0]
    net.numbers = <const Numbers*> &numbers[0, 0]
    net.depth = steps.shape[0]
    net.constants = NULL if constants is None else &constants[0]
    net.parameters = &parameters[0]
    net.size = parameters.shape[0]
    all_samples.count = samples.count
    space.batch_size = workspace.batch_size
    space.outputs = &outputs[0]
    space.panels = &panels[0, 0]
    space.panel_size = panels.shape[1]
    space.penalty = &penalty_of_weights
    space.meeting = &meeting
    if mode == TRAIN:
        gradients, memory, settings = plan.gradients, plan.memory, plan.settings
        clipping, statistics = plan.clipping, workspace.statistics
        net.gradients = &gradients[0]
        net.memory = &memory[0, 0]
        net.optimizer = plan.optimizer
        net.settings = &settings[0]
        net.clipping = (<const Clipping*> &clipping[0])[0]
        net.rates = &rates[0, 0]
        net.first_batch = first
        net.iteration = iteration
        space.statistics = &statistics[0]
        prepare_to_learn(&net)
    if mode != PREDICT:
        metrics = plan.metrics
        deltas, row_values = workspace.deltas, workspace.row_values
        net.loss = plan.loss
        net.reduction = plan.reduction
        net.loss_setting = plan.loss_setting
        net.metrics = <const Metric*> &metrics[0, 0]
        net.metric_count = metrics.shape[0]
        space.deltas = &deltas[0]
        space.row_values = &row_values[0]
        all_samples.t = NULL if t is None else &t[0, 0]
        all_samples.labels = NULL if labels is None else &labels[0]
        all_samples.weights = NULL if weights is None else &weights[0]
    if order is not None:
        all_samples.order = &order[0]
    if x is not None:
        all_samples.x = &x[0, 0]
    else:
        values, pairs, starts = samples.values, samples.pairs, samples.starts
        space_values, space_pairs = workspace.values, workspace.pairs
        space_starts = workspace.starts
        all_samples.compressed = compressed(values, pairs, starts)
        space.compressed.values = &space_values[0]
        space.compressed.pairs = &space_pairs[0]
        space.compressed.starts = &space_starts[0]
        space.compressed.blocks = all_samples.compressed.blocks
    if order is not None or labels is not None:
        space_x, space_t, space_weights = workspace.x, workspace.t, workspace.weights
        space.x = &space_x[0]
        space.t = &space_t[0]
        space.weights = &space_weights[0]
    cdef double* sums = NULL if totals is None else &totals[0]
    cdef float* results = NULL if predictions is None else &predictions[0, 0]
    with nogil:
        if threads == 1:
            run_batches(
                &net, &all_samples, &space, mode, first, last, sums, results, 0, 1
            )
        else:
            with parallel(num_threads=threads):
                run_batches(
                    &net, &all_samples, &space, mode, first, last, sums, results,
                    threadid(), team_size(),
                )


def py_multiply_adds(Py_ssize_t depth, float[::1] panel):
    """Work on one tile, `depth` multiply-adds for each sum; return how many they were

    The yardstick of the benchmarks: all operands stay in the nearest cache.
    """
    cdef Matrix a = matrix(&panel[0], TILE_ROWS, 1)
    cdef Matrix b = matrix(&panel[0], 1, TILE_COLUMNS)
    cdef Matrix c = matrix(&panel[TILE_COLUMNS], TILE_ROWS, TILE_COLUMNS)
    a.columns = b.rows = depth
    a.row_step = a.column_step = b.row_step = 0
    with nogil:
        strip_product(<WideTile*> NULL, &a, &b, &c, False)
    return depth * TILE_ROWS * TILE_COLUMNS


def has_openmp() -> bool:
    """Whether a parallel region can have more than one thread"""
    return WITH_OPENMP


def codes() -> dict:
    """The numbers by which fastmlp/plan.py names things, for a test to compare"""
    return {
        "kinds": {
            "dense": DENSE, "activation": ACTIVATION, "affine": AFFINE,
            "dropout": DROPOUT, "batch_normalization": BATCH_NORMALIZATION,
        },
        "activations": {
            "linear": LINEAR, "relu": RELU, "sigmoid": SIGMOID, "tanh": TANH,
            "softmax": SOFTMAX, "leaky_relu": LEAKY_RELU, "elu": ELU, "selu": SELU,
            "softplus": SOFTPLUS, "silu": SILU, "gelu": GELU,
            "approximate_gelu": APPROXIMATE_GELU, "bent_relu": BENT_RELU,
        },
        "losses": {
            "softmax_crossentropy": SOFTMAX_CROSSENTROPY,
            "crossentropy": CROSSENTROPY,
            "sigmoid_crossentropy": SIGMOID_CROSSENTROPY,
            "binary_crossentropy": BINARY_CROSSENTROPY,
            "mean_squared_error": MEAN_SQUARED_ERROR,
            "mean_absolute_error": MEAN_ABSOLUTE_ERROR,
            "huber": HUBER,
        },
        "reductions": {
            "sum_over_batch_size": MEAN_OF_ROWS,
            "sum": SUM_OF_ROWS,
            "mean_with_sample_weight": MEAN_OF_WEIGHTS,
        },
        "metrics": {
            "categorical_accuracy": CATEGORICAL_ACCURACY,
            "binary_accuracy": BINARY_ACCURACY,
            "mean_squared_error": SQUARED_ERROR,
            "mean_absolute_error": ABSOLUTE_ERROR,
            "top_k_accuracy": TOP_K_ACCURACY,
            "precision": PRECISION,
            "recall": RECALL,
            "accuracy": ACCURACY,
        },
        "optimizers": {"sgd": SGD, "rmsprop": RMSPROP, "adam": ADAM},
        "constraints": {
            "none": NO_CONSTRAINT,
            "limited_norm": LIMITED_NORM,
            "non_negative": NON_NEGATIVE,
        },
        "modes": {"predict": PREDICT, "evaluate": EVALUATE, "train": TRAIN},
        "step": sizeof(Step) // sizeof(Py_ssize_t),
        "numbers": sizeof(Numbers) // sizeof(double),
        "input_block": INPUT_BLOCK,
        "panel_size": PANEL_SIZE,
    }
