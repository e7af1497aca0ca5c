# The binding of the network: the arrays of a plan, as the structs of the chapters.

from cython.parallel cimport parallel, threadid


cdef Py_ssize_t note_inputs(plan, samples, workspace, Input* found) except -1:
    """Write down where inputs lie, and where those of a batch go; return how many"""
    cdef const Py_ssize_t[::1] order = samples.order
    cdef const float[:, ::1] x
    cdef tuple pairs = samples.pairs, takes_csr = plan.layout.takes_csr
    cdef float[::1] room
    cdef unsigned short[::1] room_indices
    cdef Py_ssize_t[::1] room_indptr
    cdef Py_ssize_t rows = workspace.batch_size
    cdef Py_ssize_t used = 0, used_pairs = 0, used_starts = 0, k
    cdef tuple inputs = samples.inputs
    cdef Input* one = found
    for k in range(len(inputs)):
        given = inputs[k]
        memset(one, 0, sizeof(Input))
        if isinstance(given, tuple):
            note_entries(given, one)
        else:
            x = given
            one.x, one.columns = &x[0, 0], x.shape[1]
        if one.x == NULL and takes_csr[k] and pairs[k] > 0:
            one.pairs = pairs[k]
            one.batch.blocks = (one.columns + INPUT_BLOCK - 1) // INPUT_BLOCK
            room, room_indices = workspace.data, workspace.indices
            room_indptr = workspace.indptr
            one.batch.data = &room[2 * rows * used_pairs]
            one.batch.indices = &room_indices[rows * used_pairs]
            one.batch.indptr = &room_indptr[rows * used_starts]
            used_pairs += one.pairs
            used_starts += one.batch.blocks + 1
        elif one.x == NULL or order is not None:
            room = workspace.x
            one.room = &room[rows * used]
            used += one.columns
        one += 1
    return one - found


cdef inline flat(array):
    """An array, or None, as one row"""
    return array.reshape(-1) if array is not None and array.ndim > 1 else array


cdef int note_entries(given, Input* one) except -1:
    """Write down where samples lie: without their zeros, in pairs or as scipy's, or as
    the user has them"""
    cdef const float[::1] data
    cdef const unsigned char[:, ::1] rows
    cdef const unsigned short[::1] pairs
    cdef const int[::1] indices
    cdef const Py_ssize_t[:, ::1] pair_indptr
    cdef const Py_ssize_t[::1] indptr
    one.columns = given.inputs
    if len(given) == 2:
        rows = given.data.view("uint8")
        one.given, one.kind = &rows[0, 0], given.kind
        return 0
    data = given.data
    if given.indptr.ndim == 2:
        pairs, pair_indptr = given.indices, given.indptr
        if pairs.shape[0]:
            one.csr.data = <float*> &data[0]
            one.csr.indices = <unsigned short*> &pairs[0]
        one.csr.indptr = <Py_ssize_t*> &pair_indptr[0, 0]
        one.csr.blocks = pair_indptr.shape[1] - 1
        return 0
    indices, indptr = given.indices, given.indptr
    if indices.shape[0]:
        one.rows.data, one.rows.indices = &data[0], &indices[0]
    one.rows.indptr = &indptr[0]
    return 0


cdef Py_ssize_t note_targets(plan, samples, workspace, Target* found) except -1:
    """Write down where targets lie, and where those of a batch go; return how many"""
    cdef const Py_ssize_t[::1] order = samples.order
    cdef const float[:, ::1] t
    cdef const int[::1] labels
    cdef const float[::1] weights
    cdef float[::1] room, weights_room
    cdef Py_ssize_t rows = workspace.batch_size, used = 0, used_weights = 0, k
    cdef tuple targets = samples.targets
    cdef tuple widths = plan.layout.outputs, steps = plan.layout.steps
    cdef Target* one = found
    for k in range(len(targets)):
        memset(one, 0, sizeof(Target))
        t = targets[k].t
        labels, weights = flat(targets[k].labels), flat(targets[k].weights)
        one.columns, one.steps = widths[k], steps[k]
        if t is not None:
            one.t = &t[0, 0]
        if labels is not None:
            one.labels = &labels[0]
        if labels is not None or (t is not None and order is not None):
            room = workspace.t
            one.room = &room[rows * used]
            used += one.columns
        if weights is not None:
            one.weights = &weights[0]
            if order is not None:
                weights_room = workspace.weights
                one.weights_room = &weights_room[rows * used_weights]
                used_weights += one.steps
        one += 1
    return one - found


cdef float** note_predictions(tuple predictions, float** found):
    """Write down where what comes out goes"""
    cdef float[:, ::1] y
    cdef Py_ssize_t k
    for k in range(len(predictions)):
        y = predictions[k]
        found[k] = &y[0, 0]
    return found


def py_run(
    plan, samples, workspace, int mode, Py_ssize_t first, Py_ssize_t last,
    unsigned long long iteration, const double[:, ::1] rates, double[::1] totals,
    tuple predictions, Py_ssize_t loss_rows, int threads, answers,
):
    """Work on batches first to last; return by how many threads: 1 if more do not start

    The arrays are those of fastmlp/plan/; what answers to `ask` is an `Answers` of
    fastmlp/kernels/_answers.py, or None.
    To look at an array takes a tenth of a microsecond: of those that a prediction for a
    single row has no use for, none is looked at.
    """
    cdef const Py_ssize_t[::1] table = plan.table
    cdef const double[:, ::1] settings = plan.settings_table, heads, metrics
    cdef const double[::1] clipping, averaging, optimizer_params
    cdef const float[::1] thresholds
    cdef const Py_ssize_t[::1] slots
    cdef Py_ssize_t slot
    cdef float[::1] gradients
    cdef float[:, ::1] memory, scratch = workspace.scratch
    cdef const Py_ssize_t[::1] order = samples.order, begins, all_rows
    cdef float[::1] outputs = workspace.outputs, deltas, spare, row_values, statistics
    cdef Py_ssize_t[::1] notes = workspace.notes
    cdef Network net
    cdef Samples all_samples
    cdef Workspace space
    cdef Barrier barrier
    cdef const float[::1] penalty_gradients
    cdef int failed = False
    cdef double penalty_of_weights = 0
    memset(&net, 0, sizeof(net))
    memset(&all_samples, 0, sizeof(all_samples))
    memset(&space, 0, sizeof(space))
    # The table begins with the sizes of its parts, one of which is no part's.
    net.depth, net.output_count = table[0], table[2]
    net.ops = <const Op*> (&table[0] + 5)
    net.links = <const Link*> (net.ops + net.depth)
    net.edges = <const Edge*> (net.links + net.depth)
    net.outputs = <const Py_ssize_t*> (net.edges + table[1])
    net.arrays = <const Array*> (net.outputs + net.output_count)
    space.spare_columns = table[4]
    net.settings = <const LayerSettings*> &settings[0, 0]
    net.mode = mode
    net.first_batch, net.last_batch = first, last
    if order is not None:
        all_samples.order = &order[0]
    if samples.share is not None:
        begins, all_rows = samples.share.begins, samples.share.rows
        all_samples.begins, all_samples.all_rows = &begins[0], &all_rows[0]
        all_samples.noise_begin = samples.share.noise_begin
    all_samples.count = samples.count
    all_samples.inputs = <const Input*> &notes[0]
    all_samples.input_count = note_inputs(
        plan, samples, workspace, <Input*> &notes[0]
    )
    all_samples.targets = <const Target*> (
        all_samples.inputs + all_samples.input_count
    )
    space.predictions = <float**> (all_samples.targets + net.output_count)
    space.batch_size = workspace.batch_size
    space.outputs = &outputs[0]
    space.scratch = &scratch[0, 0]
    space.scratch_size = scratch.shape[1]
    space.penalty = &penalty_of_weights
    space.barrier = &barrier
    space.failed = &failed
    if answers is not None:
        net.python = <void*> answers
        net.reduces = answers.reduces
        net.has_own_penalties = answers.penalizes
        net.has_own_constraints = answers.constrains
        penalty_gradients = answers.penalty_gradients
        net.penalty_gradients = &penalty_gradients[0]
    if mode == MODE_TRAIN:
        gradients, memory = plan.gradients, plan.memory
        clipping, optimizer_params = plan.clipping_table, plan.optimizer_table
        averaging = plan.averaging_table
        slots = plan.slot_table
        statistics = workspace.statistics
        net.gradients = &gradients[0] if gradients.shape[0] else NULL
        for slot in range(slots.shape[0]):
            if slots[slot] >= 0 and gradients.shape[0]:
                net.memory[slot] = &memory[slots[slot], 0]
        net.optimizer = plan.optimizer
        net.optimizer_params = <const OptimizerParams*> &optimizer_params[0]
        net.clipping = (<const Clipping*> &clipping[0])[0]
        net.averaging = (<const Averaging*> &averaging[0])[0]
        net.rates = &rates[0, 0] if rates.shape[0] else NULL
        net.iteration = iteration
        space.statistics = &statistics[0]
        prepare_to_learn(&net)
    if mode == MODE_PREDICT:
        note_predictions(predictions, space.predictions)
    else:
        heads, metrics = plan.head_table, plan.metric_table
        thresholds = plan.threshold_table
        deltas, spare = workspace.deltas, workspace.spare
        row_values = workspace.row_values
        net.heads = <const Head*> &heads[0, 0]
        net.head_count = heads.shape[0]
        # What has no rows has no address either.
        net.metrics = <const Metric*> &metrics[0, 0] if metrics.shape[0] else NULL
        net.thresholds = &thresholds[0] if thresholds.shape[0] else NULL
        space.deltas = &deltas[0]
        space.spare = &spare[0]
        space.row_values = &row_values[0]
        space.totals = &totals[0]
        space.loss_rows = loss_rows
        space.unfinished = &totals[totals.shape[0] - 1 - 2 * net.head_count]
        all_samples.target_count = note_targets(
            plan, samples, workspace, <Target*> all_samples.targets
        )
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
        "links": sizeof(Link) // sizeof(Py_ssize_t),
        "edges": sizeof(Edge) // sizeof(Py_ssize_t),
        "inputs": sizeof(Input) // sizeof(Py_ssize_t),
        "targets": sizeof(Target) // sizeof(Py_ssize_t),
        "settings": sizeof(LayerSettings) // sizeof(double),
        "heads": sizeof(Head) // sizeof(double),
        "metrics": sizeof(Metric) // sizeof(double),
        "optimizer": sizeof(OptimizerParams) // sizeof(double),
        "slots": OPTIMIZER_MEMORY,
        "input_block": INPUT_BLOCK,
        "panel_size": PANEL_SIZE,
        "transposed_rows": TRANSPOSED_ROWS,
    }
