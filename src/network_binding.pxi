# The binding of the network: the arrays of a plan, as the structs of the chapters.

from cpython.buffer cimport PyBUF_FORMAT, PyBUF_WRITABLE
from cython.parallel cimport parallel, threadid


cdef void* address_of(array) except? NULL:
    """Where the numbers of an array lie; NULL if there are none

    It takes half as long as a view with a type. That is for arrays of plans, workspaces
    and samples, which know what they hold, and keep it where it is.
    """
    cdef Py_buffer buffer
    if array is None:
        return NULL
    PyObject_GetBuffer(array, &buffer, PyBUF_SIMPLE)
    PyBuffer_Release(&buffer)
    return buffer.buf if buffer.len else NULL


cdef void* numbers_of(array, char kind, int flags=PyBUF_SIMPLE) except? NULL:
    """The same, of an array that may hold something else, which is refused

    kind: "f" for float32, "d" for float64
    flags: PyBUF_WRITABLE, if it is written to
    """
    cdef Py_buffer buffer
    cdef bint fits
    PyObject_GetBuffer(array, &buffer, PyBUF_FORMAT | flags)
    fits = buffer.format[0] == kind and buffer.format[1] == 0
    PyBuffer_Release(&buffer)
    if not fits:
        wanted = "float32" if kind == c"f" else "float64"
        raise ValueError(f"Compiled code takes {wanted} here, not {array.dtype}.")
    return buffer.buf if buffer.len else NULL


cdef enum:
    FIELDS_OF_GIVEN = 5  # of a `GivenRows`; other rows have four


cdef struct PlanArrays:
    # Where the arrays of a plan lie: `Plan.addresses`.
    const Py_ssize_t* table
    const LayerSettings* settings_table
    const Head* head_table
    const Metric* metric_table
    const float* threshold_table
    const Clipping* clipping_table
    const Averaging* averaging_table
    const OptimizerParams* optimizer_table
    const Py_ssize_t* slot_table
    float* gradients
    float* memory


cdef struct SpaceArrays:
    # Where those of a workspace lie: `Workspace.addresses`.
    void* notes
    float* x
    float* data
    unsigned short* indices
    Py_ssize_t* indptr
    float* t
    float* weights
    float* outputs
    float* deltas
    float* spare
    float* row_values
    float* statistics
    float* scratch


cdef Py_ssize_t note_inputs(
    plan, samples, Py_ssize_t rows, const SpaceArrays* room, Input* found
) except -1:
    """Write down where inputs lie, and where those of a batch go; return how many"""
    cdef tuple pairs = samples.pairs, takes_csr = plan.layout.takes_csr
    cdef Py_ssize_t used = 0, used_pairs = 0, used_starts = 0, k
    cdef tuple inputs = samples.inputs, widths = samples.widths
    cdef Input* one = found
    for k in range(len(inputs)):
        given = inputs[k]
        memset(one, 0, sizeof(Input))
        one.columns = widths[k]
        if isinstance(given, tuple):
            note_entries(given, one)
        else:
            one.x = <const float*> numbers_of(given, c"f")
        if one.x == NULL and takes_csr[k] and pairs[k] > 0:
            one.pairs = pairs[k]
            one.batch.blocks = (one.columns + INPUT_BLOCK - 1) // INPUT_BLOCK
            one.batch.data = room.data + 2 * rows * used_pairs
            one.batch.indices = room.indices + rows * used_pairs
            one.batch.indptr = room.indptr + rows * used_starts
            used_pairs += one.pairs
            used_starts += one.batch.blocks + 1
        elif one.x == NULL or samples.order is not None:
            one.room = room.x + rows * used
            used += one.columns
        one += 1
    return one - found


cdef int note_entries(given, Input* one) except -1:
    """Write down where samples lie: as the user has them, or without their zeros, in
    pairs or as scipy's"""
    if len(given) == FIELDS_OF_GIVEN:
        one.given, one.kind = address_of(given.data), given.kind
    elif given.indptr.ndim == 2:
        one.csr.data = <float*> address_of(given.data)
        one.csr.indices = <unsigned short*> address_of(given.indices)
        one.csr.indptr = <Py_ssize_t*> address_of(given.indptr)
        one.csr.blocks = (one.columns + INPUT_BLOCK - 1) // INPUT_BLOCK
    else:
        one.rows.data = <float*> address_of(given.data)
        one.rows.indices = <int*> address_of(given.indices)
        one.rows.indptr = <Py_ssize_t*> address_of(given.indptr)
    return 0


cdef Py_ssize_t note_targets(
    plan, samples, Py_ssize_t rows, const SpaceArrays* room, Target* found
) except -1:
    """Write down where targets lie, and where those of a batch go; return how many"""
    cdef bint gathers = samples.order is not None
    cdef Py_ssize_t used = 0, used_weights = 0, k
    cdef tuple targets = samples.targets
    cdef tuple widths = plan.layout.outputs, steps = plan.layout.steps
    cdef Target* one = found
    for k in range(len(targets)):
        memset(one, 0, sizeof(Target))
        t, labels, weights = targets[k]
        one.columns, one.steps = widths[k], steps[k]
        one.labels = <int*> address_of(labels)
        if t is not None:
            one.t = <const float*> numbers_of(t, c"f")
        if one.labels != NULL or (t is not None and gathers):
            one.room = room.t + rows * used
            used += one.columns
        if weights is not None:
            one.weights = <const float*> numbers_of(weights, c"f")
            if gathers:
                one.weights_room = room.weights + rows * used_weights
                used_weights += one.steps
        one += 1
    return one - found


cdef int note_predictions(tuple predictions, float** found) except -1:
    """Write down where what comes out goes"""
    cdef Py_ssize_t k
    for k in range(len(predictions)):
        found[k] = <float*> numbers_of(predictions[k], c"f", PyBUF_WRITABLE)
    return 0


def py_run(
    plan, samples, workspace, int mode, Py_ssize_t first, Py_ssize_t last,
    unsigned long long iteration, rates, totals, tuple predictions,
    Py_ssize_t loss_rows, int threads, answers,
):
    """Work on batches first to last; return by how many threads: 1 if more do not start

    The arrays are those of fastmlp/plan/; what answers to `ask` is an `Answers` of
    fastmlp/kernels/_answers.py, or None.
    """
    cdef const PlanArrays* own = <PlanArrays*> address_of(plan.addresses)
    cdef const SpaceArrays* room = <SpaceArrays*> address_of(workspace.addresses)
    cdef const Py_ssize_t* table = own.table
    cdef Py_ssize_t slot, learnt
    cdef Network net
    cdef Samples all_samples
    cdef Workspace space
    cdef Barrier barrier
    cdef int failed = False
    cdef double penalty_of_weights = 0
    memset(&net, 0, sizeof(net))
    memset(&all_samples, 0, sizeof(all_samples))
    memset(&space, 0, sizeof(space))
    # The table begins with the sizes of its parts, one of which is no part's.
    net.depth, net.output_count = table[0], table[2]
    net.ops = <const Op*> (table + 5)
    net.links = <const Link*> (net.ops + net.depth)
    net.edges = <const Edge*> (net.links + net.depth)
    net.outputs = <const Py_ssize_t*> (net.edges + table[1])
    net.arrays = <const Array*> (net.outputs + net.output_count)
    space.spare_columns = table[4]
    net.settings = own.settings_table
    net.mode = mode
    net.first_batch, net.last_batch = first, last
    all_samples.order = <Py_ssize_t*> address_of(samples.order)
    if samples.share is not None:
        all_samples.begins = <Py_ssize_t*> address_of(samples.share.begins)
        all_samples.all_rows = <Py_ssize_t*> address_of(samples.share.rows)
        all_samples.noise_begin = samples.share.noise_begin
    all_samples.count = samples.count
    space.batch_size = workspace.batch_size
    all_samples.inputs = <Input*> room.notes
    all_samples.input_count = note_inputs(
        plan, samples, space.batch_size, room, <Input*> all_samples.inputs
    )
    all_samples.targets = <const Target*> (
        all_samples.inputs + all_samples.input_count
    )
    space.predictions = <float**> (all_samples.targets + net.output_count)
    space.outputs, space.scratch = room.outputs, room.scratch
    space.scratch_size = workspace.scratch.shape[1]
    space.penalty = &penalty_of_weights
    space.barrier = &barrier
    space.failed = &failed
    if answers is not None:
        net.python = <void*> answers
        net.reduces = answers.reduces
        net.has_own_penalties = answers.penalizes
        net.has_own_constraints = answers.constrains
        net.penalty_gradients = <float*> address_of(answers.penalty_gradients)
    if mode == MODE_TRAIN:
        net.gradients, learnt = own.gradients, plan.gradients.size
        for slot in range(OPTIMIZER_MEMORY):
            if own.slot_table[slot] >= 0 and learnt:
                net.memory[slot] = own.memory + own.slot_table[slot] * learnt
        net.optimizer, net.optimizer_params = plan.optimizer, own.optimizer_table
        net.clipping, net.averaging = own.clipping_table[0], own.averaging_table[0]
        net.rates = <double*> numbers_of(rates, c"d")
        net.iteration = iteration
        space.statistics = room.statistics
        prepare_to_learn(&net)
    if mode == MODE_PREDICT:
        note_predictions(predictions, space.predictions)
    else:
        net.heads, net.head_count = own.head_table, len(plan.heads)
        net.metrics, net.thresholds = own.metric_table, own.threshold_table
        space.deltas, space.spare = room.deltas, room.spare
        space.row_values = room.row_values
        space.totals = <double*> numbers_of(totals, c"d", PyBUF_WRITABLE)
        space.loss_rows = loss_rows
        space.unfinished = space.totals + len(totals) - 1 - 2 * net.head_count
        all_samples.target_count = note_targets(
            plan, samples, space.batch_size, room, <Target*> all_samples.targets
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
        "given": FIELDS_OF_GIVEN,
        "inputs": sizeof(Input) // sizeof(Py_ssize_t),
        "targets": sizeof(Target) // sizeof(Py_ssize_t),
        "settings": sizeof(LayerSettings) // sizeof(double),
        "heads": sizeof(Head) // sizeof(double),
        "metrics": sizeof(Metric) // sizeof(double),
        "optimizer": sizeof(OptimizerParams) // sizeof(double),
        "plan_arrays": sizeof(PlanArrays) // sizeof(void*),
        "space_arrays": sizeof(SpaceArrays) // sizeof(void*),
        "slots": OPTIMIZER_MEMORY,
        "input_block": INPUT_BLOCK,
        "panel_size": PANEL_SIZE,
        "transposed_rows": TRANSPOSED_ROWS,
    }
