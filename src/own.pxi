# Equations of the user's own: where compiled code asks Python, a whole batch at a time.
#
# One thread asks, the one that called `run`, which Python knows; the others wait. What
# it asks for, by its number in fastmlp/tables.py, and of which operation or head, goes
# to an object of this run (fastmlp/kernels/_answers.py), which finds the numbers of the
# batch in the workspace, and leaves there what comes of them.

cdef double ask(
    const Network* net,
    const Workspace* space,
    const Batch* batch,
    int question,
    Py_ssize_t number,
) noexcept nogil:
    """Ask Python, once all threads have come this far; return a number, most often 0

    All threads leave together, so that they all know if it failed. Then the phase goes
    on to its end with whatever numbers there are, but nobody is asked any more, and the
    batch ends with it.
    """
    cdef double answer = 0
    wait(space.barrier, batch.threads)
    if batch.thread == 0 and not space.failed[0]:
        space.failed[0] = not answered(net, batch, question, number, &answer)
    wait(space.barrier, batch.threads)
    return answer


cdef bint answered(
    const Network* net,
    const Batch* batch,
    int question,
    Py_ssize_t number,
    double* answer,
) noexcept with gil:
    """Whether Python could answer; an exception is kept until the threads are done"""
    answers = <object> net.python
    try:
        answer[0] = answers.answer(question, number, batch.begin, batch.rows)
    except BaseException as error:
        answers.error = error
        return False
    return True
