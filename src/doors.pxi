# The doors: each kernel as a Python function over typed arrays.
#
# The last arguments are the results; `panel` is the scratch space of a product. Nothing
# is checked here: call these through fastmlp/kernels.py, which checks the shapes that
# the chapters state.

from cython.parallel cimport parallel, threadid


cdef Matrix view(const float[:, ::1] a) noexcept nogil:
    """A two-dimensional array as a Matrix"""
    return matrix(&a[0, 0], a.shape[0], a.shape[1])


def py_dense_forward(
    const float[:, ::1] x,
    const float[:, ::1] w,
    const float[::1] b,
    float[::1] panel,
    float[:, ::1] y,
):
    cdef const float* bias = NULL if b is None else &b[0]
    with nogil:
        dense_forward(view(x), view(w), bias, view(y), &panel[0])


def py_dense_backward(
    const float[:, ::1] x,
    const float[:, ::1] w,
    const float[:, ::1] dy,
    float[::1] panel,
    float[:, ::1] dx,
    float[:, ::1] dw,
    float[::1] db,
):
    with nogil:
        dense_backward_input(view(dy), view(w), view(dx), &panel[0])
        dense_backward_kernel(view(x), view(dy), view(dw), &panel[0])
        dense_backward_bias(view(dy), &db[0])


def py_relu(const float[::1] x, float[::1] y):
    with nogil:
        relu(&x[0], x.shape[0], &y[0])


def py_relu_backward(const float[::1] y, const float[::1] dy, float[::1] dx):
    with nogil:
        relu_backward(&y[0], &dy[0], y.shape[0], &dx[0])


def py_sigmoid(const float[::1] x, float[::1] y):
    with nogil:
        sigmoid(&x[0], x.shape[0], &y[0])


def py_sigmoid_backward(const float[::1] y, const float[::1] dy, float[::1] dx):
    with nogil:
        sigmoid_backward(&y[0], &dy[0], y.shape[0], &dx[0])


def py_tanh(const float[::1] x, float[::1] y):
    with nogil:
        tanh(&x[0], x.shape[0], &y[0])


def py_tanh_backward(const float[::1] y, const float[::1] dy, float[::1] dx):
    with nogil:
        tanh_backward(&y[0], &dy[0], y.shape[0], &dx[0])


def py_softmax(const float[:, ::1] x, float[:, ::1] y):
    with nogil:
        softmax(&x[0, 0], x.shape[0], x.shape[1], &y[0, 0])


def py_softmax_backward(
    const float[:, ::1] y, const float[:, ::1] dy, float[:, ::1] dx
):
    with nogil:
        softmax_backward(&y[0, 0], &dy[0, 0], y.shape[0], y.shape[1], &dx[0, 0])


def py_softmax_crossentropy(
    const float[:, ::1] x, const float[:, ::1] t, float[:, ::1] p, float[::1] losses
):
    with nogil:
        softmax_crossentropy(
            &x[0, 0], &t[0, 0], x.shape[0], x.shape[1], &p[0, 0], &losses[0]
        )


def py_softmax_crossentropy_backward(
    const float[:, ::1] p, const float[:, ::1] t, float scale, float[:, ::1] dx
):
    with nogil:
        softmax_crossentropy_backward(
            &p[0, 0], &t[0, 0], p.shape[0], p.shape[1], scale, &dx[0, 0]
        )


def py_crossentropy(
    const float[:, ::1] y, const float[:, ::1] t, float[::1] losses
):
    with nogil:
        crossentropy(&y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &losses[0])


def py_crossentropy_backward(
    const float[:, ::1] y, const float[:, ::1] t, float scale, float[:, ::1] dy
):
    with nogil:
        crossentropy_backward(
            &y[0, 0], &t[0, 0], y.shape[0], y.shape[1], scale, &dy[0, 0]
        )


def py_mean_squared_error(
    const float[:, ::1] y, const float[:, ::1] t, float[::1] losses
):
    with nogil:
        mean_squared_error(&y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &losses[0])


def py_mean_squared_error_backward(
    const float[:, ::1] y, const float[:, ::1] t, float scale, float[:, ::1] dy
):
    with nogil:
        mean_squared_error_backward(
            &y[0, 0], &t[0, 0], y.shape[0], y.shape[1], scale, &dy[0, 0]
        )


def py_mean_absolute_error(
    const float[:, ::1] y, const float[:, ::1] t, float[::1] errors
):
    with nogil:
        mean_absolute_error(&y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &errors[0])


def py_categorical_accuracy(
    const float[:, ::1] y, const float[:, ::1] t, float[::1] hits
):
    with nogil:
        categorical_accuracy(&y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &hits[0])


def py_binary_accuracy(const float[:, ::1] y, const float[:, ::1] t, float[::1] hits):
    with nogil:
        binary_accuracy(&y[0, 0], &t[0, 0], y.shape[0], y.shape[1], &hits[0])


def py_sgd(
    float[::1] w,
    const float[::1] dw,
    float[::1] m,
    float learning_rate,
    float momentum,
    bint nesterov,
):
    cdef float* mean_step = NULL if m is None else &m[0]
    with nogil:
        sgd(&w[0], &dw[0], mean_step, w.shape[0], learning_rate, momentum, nesterov)


def py_rmsprop(
    float[::1] w,
    const float[::1] dw,
    float[::1] v,
    float[::1] m,
    float[::1] a,
    float learning_rate,
    double rho,
    float epsilon,
    float momentum,
):
    cdef float* mean_step = NULL if m is None else &m[0]
    cdef float* mean_gradient = NULL if a is None else &a[0]
    with nogil:
        rmsprop(
            &w[0], &dw[0], &v[0], mean_step, mean_gradient, w.shape[0],
            learning_rate, rho, 1 - rho, epsilon, momentum,
        )


def py_convert(const Number[::1] x, float[::1] y):
    """y = x as float32; return the first index where y is NaN or infinite, or -1"""
    cdef Py_ssize_t i, size = x.shape[0]
    cdef bint clean = True
    with nogil:
        for i in range(size):
            y[i] = <float> x[i]
            # x - x is zero unless x is NaN or infinite.
            clean = clean & (y[i] - y[i] == 0)
    if clean:
        return -1
    for i in range(size):
        if y[i] - y[i] != 0:
            return i


def py_compress(
    const Number[:, ::1] x,
    float[::1] values,
    unsigned short[::1] pairs,
    Py_ssize_t[:, ::1] starts,
    Py_ssize_t position,
):
    """Write entries from `position` on; return their end and if all are finite"""
    cdef bint finite
    cdef Compressed to
    to.values = &values[0]
    to.pairs = &pairs[0]
    to.starts = &starts[0, 0]
    to.blocks = starts.shape[1] - 1
    with nogil:
        position = compress(&x[0, 0], x.shape[0], x.shape[1], to, position, &finite)
    return position, finite


def py_run(
    plan, samples, workspace, int mode, Py_ssize_t first, Py_ssize_t last,
    double[::1] totals, float[:, ::1] predictions, int threads,
):
    """Work on batches first to last, with the arrays of fastmlp/plan.py

    To look at an array takes a tenth of a microsecond: of those that a prediction for a
    single row has no use for, none is looked at.
    """
    cdef const Py_ssize_t[:, ::1] steps = plan.steps
    cdef float[::1] parameters = plan.parameters
    cdef float[::1] gradients, outputs = workspace.outputs, deltas, row_values
    cdef float[:, ::1] memory, panels = workspace.panels
    cdef const int[::1] metrics, labels = samples.labels
    cdef const double[::1] settings
    cdef const float[:, ::1] x = samples.x, t = samples.t
    cdef const Py_ssize_t[::1] order = samples.order
    cdef float[::1] values, space_values, space_x, space_t
    cdef const unsigned short[::1] pairs
    cdef unsigned short[::1] space_pairs
    cdef const Py_ssize_t[:, ::1] starts
    cdef Py_ssize_t[::1] space_starts
    cdef Network net
    cdef Samples all_samples
    cdef Workspace space
    cdef Meeting meeting
    memset(&net, 0, sizeof(net))
    memset(&all_samples, 0, sizeof(all_samples))
    memset(&space, 0, sizeof(space))
    memset(&meeting, 0, sizeof(meeting))
    net.steps = <const Step*> &steps[0, 0]
    net.depth = steps.shape[0]
    net.parameters = &parameters[0]
    net.size = parameters.shape[0]
    all_samples.count = samples.count
    space.batch_size = workspace.batch_size
    space.outputs = &outputs[0]
    space.panels = &panels[0, 0]
    space.panel_size = panels.shape[1]
    space.meeting = &meeting
    if mode == TRAIN:
        gradients, memory, settings = plan.gradients, plan.memory, plan.settings
        net.gradients = &gradients[0]
        net.memory = &memory[0, 0]
        net.optimizer = plan.optimizer
        net.settings = &settings[0]
    if mode != PREDICT:
        metrics = plan.metrics
        deltas, row_values = workspace.deltas, workspace.row_values
        net.loss = plan.loss
        net.metrics = &metrics[0]
        net.metric_count = metrics.shape[0]
        space.deltas = &deltas[0]
        space.row_values = &row_values[0]
        all_samples.t = NULL if t is None else &t[0, 0]
        all_samples.labels = NULL if labels is None else &labels[0]
    if order is not None:
        all_samples.order = &order[0]
    if x is not None:
        all_samples.x = &x[0, 0]
    else:
        values, pairs, starts = samples.values, samples.pairs, samples.starts
        space_values, space_pairs = workspace.values, workspace.pairs
        space_starts = workspace.starts
        all_samples.compressed.values = &values[0]
        all_samples.compressed.pairs = <unsigned short*> &pairs[0]
        all_samples.compressed.starts = <Py_ssize_t*> &starts[0, 0]
        all_samples.compressed.blocks = starts.shape[1] - 1
        space.compressed.values = &space_values[0]
        space.compressed.pairs = &space_pairs[0]
        space.compressed.starts = &space_starts[0]
        space.compressed.blocks = starts.shape[1] - 1
    if order is not None or labels is not None:
        space_x, space_t = workspace.x, workspace.t
        space.x = &space_x[0]
        space.t = &space_t[0]
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
        "activations": {
            "linear": LINEAR, "relu": RELU, "sigmoid": SIGMOID, "tanh": TANH,
            "softmax": SOFTMAX,
        },
        "losses": {
            "softmax_crossentropy": SOFTMAX_CROSSENTROPY,
            "crossentropy": CROSSENTROPY,
            "mean_squared_error": MEAN_SQUARED_ERROR,
        },
        "metrics": {
            "categorical_accuracy": CATEGORICAL_ACCURACY,
            "binary_accuracy": BINARY_ACCURACY,
            "squared_error": SQUARED_ERROR,
            "absolute_error": ABSOLUTE_ERROR,
        },
        "optimizers": {"sgd": SGD, "rmsprop": RMSPROP},
        "modes": {"predict": PREDICT, "evaluate": EVALUATE, "train": TRAIN},
        "input_block": INPUT_BLOCK,
        "panel_size": PANEL_SIZE,
    }
