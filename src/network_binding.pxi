# The binding of the network: the arrays of a plan, as the structs of the chapters.

from cython.parallel cimport parallel, threadid


def py_run(
    plan, samples, workspace, int mode, Py_ssize_t first, Py_ssize_t last,
    unsigned long long iteration, const double[:, ::1] rates, double[::1] totals,
    float[:, ::1] predictions, int threads,
):
    """Work on batches first to last; return by how many threads: 1 if more do not start

    The arrays are those of fastmlp/plan/.
    To look at an array takes a tenth of a microsecond: of those that a prediction for a
    single row has no use for, none is looked at.
    """
    cdef const Py_ssize_t[:, ::1] ops = plan.op_table, arrays = plan.array_table
    cdef const double[:, ::1] settings = plan.settings_table, metrics
    cdef const double[::1] clipping, optimizer_params, loss_params
    cdef const Py_ssize_t[::1] slots
    cdef Py_ssize_t slot
    cdef const float[::1] weights = samples.weights
    cdef float[::1] gradients
    cdef float[:, ::1] memory, scratch = workspace.scratch
    cdef const float[:, ::1] x = samples.x, t = samples.t
    cdef const int[::1] labels = samples.labels
    cdef const Py_ssize_t[::1] order = samples.order
    cdef float[::1] outputs = workspace.outputs, deltas, row_values, statistics
    cdef const float[::1] data
    cdef const unsigned short[::1] indices
    cdef const Py_ssize_t[:, ::1] indptr
    cdef float[::1] space_data, space_x, space_t, space_weights
    cdef unsigned short[::1] space_indices
    cdef Py_ssize_t[::1] space_indptr
    cdef Network net
    cdef Samples all_samples
    cdef Workspace space
    cdef Csr csr, space_csr
    cdef Barrier barrier
    cdef double penalty_of_weights = 0
    memset(&net, 0, sizeof(net))
    memset(&all_samples, 0, sizeof(all_samples))
    memset(&space, 0, sizeof(space))
    net.ops = <const Op*> &ops[0, 0]
    net.settings = <const LayerSettings*> &settings[0, 0]
    net.depth = ops.shape[0]
    net.mode = mode
    net.first_batch, net.last_batch = first, last
    # What has no rows has no address either.
    net.arrays = <const Array*> &arrays[0, 0] if arrays.shape[0] else NULL
    all_samples.count = samples.count
    space.batch_size = workspace.batch_size
    space.outputs = &outputs[0]
    space.scratch = &scratch[0, 0]
    space.scratch_size = scratch.shape[1]
    space.penalty = &penalty_of_weights
    space.barrier = &barrier
    if mode == MODE_TRAIN:
        gradients, memory = plan.gradients, plan.memory
        clipping, optimizer_params = plan.clipping_table, plan.optimizer_table
        slots = plan.slot_table
        statistics = workspace.statistics
        net.gradients = &gradients[0] if gradients.shape[0] else NULL
        for slot in range(slots.shape[0]):
            if slots[slot] >= 0 and gradients.shape[0]:
                net.memory[slot] = &memory[slots[slot], 0]
        net.optimizer = plan.optimizer
        net.optimizer_params = <const OptimizerParams*> &optimizer_params[0]
        net.clipping = (<const Clipping*> &clipping[0])[0]
        net.rates = &rates[0, 0]
        net.iteration = iteration
        space.statistics = &statistics[0]
        prepare_to_learn(&net)
    if mode != MODE_PREDICT:
        metrics = plan.metric_table
        deltas, row_values = workspace.deltas, workspace.row_values
        net.loss = plan.loss
        net.reduction = plan.reduction
        loss_params = plan.loss_table
        net.loss_params = <const LossParams*> &loss_params[0]
        net.metrics = <const Metric*> &metrics[0, 0] if metrics.shape[0] else NULL
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
        data, indices = samples.csr.data, samples.csr.indices
        indptr = samples.csr.indptr
        if indices.shape[0]:
            csr.data = <float*> &data[0]
            csr.indices = <unsigned short*> &indices[0]
        else:
            csr.data, csr.indices = NULL, NULL
        csr.indptr = <Py_ssize_t*> &indptr[0, 0]
        csr.blocks = indptr.shape[1] - 1
        all_samples.csr = &csr
        space_data, space_indices = workspace.data, workspace.indices
        space_indptr = workspace.indptr
        space_csr.data = &space_data[0]
        space_csr.indices = &space_indices[0]
        space_csr.indptr = &space_indptr[0]
        space_csr.blocks = csr.blocks
        space.csr = &space_csr
    if order is not None or labels is not None:
        space_x, space_t, space_weights = workspace.x, workspace.t, workspace.weights
        space.x = &space_x[0]
        space.t = &space_t[0]
        space.weights = &space_weights[0]
    if totals is not None:
        space.totals = &totals[0]
    if predictions is not None:
        space.predictions = &predictions[0, 0]
    with nogil:
        if threads > 1 and not threads_start(threads):
            threads = 1
        if threads == 1:
            run_batches(&net, &all_samples, &space, 0, 1)
        else:
            barrier_init(&barrier)
            with parallel(num_threads=threads):
                run_batches(
                    &net, &all_samples, &space, threadid(), thread_count()
                )
            barrier_destroy(&barrier)
    return threads


def py_multiply_adds(Py_ssize_t depth, float[::1] scratch):
    """Work on one tile, `depth` multiply-adds for each sum; return how many they were

    The yardstick of the benchmarks: all operands stay in the nearest cache.
    """
    cdef Matrix a = matrix(&scratch[0], TILE_ROWS, 1)
    cdef Matrix b = matrix(&scratch[0], 1, TILE_COLUMNS)
    cdef Matrix c = matrix(&scratch[TILE_COLUMNS], TILE_ROWS, TILE_COLUMNS)
    a.columns = b.rows = depth
    a.row_stride = a.column_stride = b.row_stride = 0
    with nogil:
        strip_product(<WideTile*> NULL, &a, &b, &c, False)
    return depth * TILE_ROWS * TILE_COLUMNS


def has_openmp() -> bool:
    """Whether a parallel region can have more than one thread"""
    return WITH_OPENMP


def openmp_limit() -> int:
    """How many threads OpenMP may start for the thread that asks"""
    return thread_limit()


def openmp_processors() -> int:
    """How many processors OpenMP sees"""
    return processor_count()


def row_widths() -> dict:
    """How wide the rows of a plan are, and other sizes, for a test to compare"""
    return {
        "ops": sizeof(Op) // sizeof(Py_ssize_t),
        "settings": sizeof(LayerSettings) // sizeof(double),
        "metrics": sizeof(Metric) // sizeof(double),
        "loss": sizeof(LossParams) // sizeof(double),
        "optimizer": sizeof(OptimizerParams) // sizeof(double),
        "slots": OPTIMIZER_MEMORY,
        "input_block": INPUT_BLOCK,
        "panel_size": PANEL_SIZE,
    }
