# Branches: operations with several sources, forward and backward.
#
# Each source is an edge. What a source gets back is added to what it gets from others
# that use it, too: see hand_on in backward.pxi.

cdef void forward_merging(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """One output of several sources, which are taken from the first to the last"""
    cdef const Op* op = &net.ops[i]
    cdef Py_ssize_t kind = op.kind, count = net.links[i].edges, k
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef Matrix x, y = own_rows(outputs_of(net, i, space, batch), batch)
    cdef Matrix left = own_rows(source_of(net, edges, space, batch), batch)
    if kind == KIND_CONCATENATE:
        for k in range(count):
            x = own_steps(source_of(net, &edges[k], space, batch), op, batch)
            concatenate(x, by_steps(y, op.steps), edges[k].begin // op.steps)
        return
    for k in range(1, count):
        x = own_rows(source_of(net, &edges[k], space, batch), batch)
        if kind == KIND_DOT:
            dot(left, x, y.data)
        else:
            combine(kind, left.data, x.data, y.rows * y.columns, y.data)
        left = y
    if kind == KIND_AVERAGE:
        average(y.data, y.rows * y.columns, count, y.data)


cdef void backward_merging(
    const Network* net, Py_ssize_t i, const Workspace* space, const Batch* batch
) noexcept nogil:
    """From dy to dx of each of several sources"""
    cdef const Op* op = &net.ops[i]
    cdef Py_ssize_t kind = op.kind, k, size
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef const Edge* edge
    cdef Matrix dy = own_rows(deltas_of(net, i, space, batch), batch)
    cdef Matrix dx, other
    for k in range(net.links[i].edges):
        edge = &edges[k]
        if not edge.learns:
            continue
        dx = gradient_room(net, edge.source, edge.adds, space, batch)
        size = dx.rows * dx.columns
        if kind == KIND_CONCATENATE:
            concatenate_backward(
                by_steps(dy, op.steps),
                edge.begin // op.steps,
                edge.columns // op.steps,
                by_steps(dx, op.steps),
            )
        elif kind == KIND_DOT:
            other = own_rows(source_of(net, &edges[1 - k], space, batch), batch)
            dot_backward(dy.data, other, dx)
        elif kind == KIND_AVERAGE:
            average(dy.data, size, net.links[i].edges, dx.data)
        elif kind == KIND_MULTIPLY:
            backward_factor(net, i, k, space, batch, dx)
        elif kind == KIND_MAXIMUM or kind == KIND_MINIMUM:
            backward_extremum(net, i, k, space, batch, dx)
        elif kind == KIND_SUBTRACT and k == 1:
            subtract_backward(dy.data, size, dx.data)
        else:
            memcpy(dx.data, dy.data, size * sizeof(float))
        hand_on(net, edge.source, edge.adds, dx, space, batch)


cdef void backward_factor(
    const Network* net,
    Py_ssize_t i,
    Py_ssize_t k,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """dx of factor k: dy times all the others, from the last to the first"""
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef Matrix left = own_rows(deltas_of(net, i, space, batch), batch)
    cdef Matrix x
    cdef Py_ssize_t j
    for j in range(net.links[i].edges - 1, -1, -1):
        if j != k:
            x = own_rows(source_of(net, &edges[j], space, batch), batch)
            multiply(left.data, x.data, dx.rows * dx.columns, dx.data)
            left = dx


cdef void backward_extremum(
    const Network* net,
    Py_ssize_t i,
    Py_ssize_t k,
    const Workspace* space,
    const Batch* batch,
    Matrix dx,
) noexcept nogil:
    """dx of source k of a maximum or minimum, row by row

    Each source from the last on takes its share, and leaves the rest to the maximum of
    those before it.
    """
    cdef const Edge* edges = &net.edges[net.links[i].edge]
    cdef Py_ssize_t kind = net.ops[i].kind, columns = dx.columns, row, j, before
    cdef Matrix x, dy = own_rows(deltas_of(net, i, space, batch), batch)
    cdef float* rest = batch.scratch
    cdef float* best = rest + columns
    cdef float* dx_row
    for row in range(dx.rows):
        dx_row = dx.data + row * columns
        memcpy(rest, dy.data + row * columns, columns * sizeof(float))
        for j in range(net.links[i].edges - 1, max(k, 1) - 1, -1):
            for before in range(j):
                x = own_rows(source_of(net, &edges[before], space, batch), batch)
                if before == 0:
                    memcpy(best, x.data + row * columns, columns * sizeof(float))
                else:
                    combine(kind, best, x.data + row * columns, columns, best)
            x = own_rows(source_of(net, &edges[j], space, batch), batch)
            if kind == KIND_MAXIMUM:
                maximum_backward(
                    best, x.data + row * columns, rest, columns, rest, dx_row
                )
            else:
                minimum_backward(
                    best, x.data + row * columns, rest, columns, rest, dx_row
                )
        if k == 0:
            memcpy(dx_row, rest, columns * sizeof(float))
