"""Coefficients of the cost of an epoch, from what jobs took."""

import numpy as np

from fastmlp._engine.cost import TERMS, amounts, predict

# Relative errors below this count as squares, larger ones as they are.
SMALL_ERROR = 0.03


def fit(cases):
    """Return the coefficients, none below zero, that make relative errors the smallest.

    They are fitted by least squares, again and again, each error weighted by what it
    was before: so a few jobs that another program disturbed count no more than others.
    How many threads a job had is not known, since `fit` of a model chooses: it is what
    the coefficients themselves say is the fastest.

    Args:
        cases: Jobs, the rates of each number of threads that they may have had, and the
            seconds of an epoch.
    """
    # At first as many as there may be; fewer, never more again, so that it ends.
    threads = [max(rates) for _, rates, _ in cases]
    while True:
        shares = np.array(
            [
                [part / seconds for part in amounts(job, rates[count], count).values()]
                for count, (job, rates, seconds) in zip(threads, cases, strict=True)
            ]
        )
        found = smallest_errors(shares)
        coefficients = dict(zip(TERMS, found.tolist(), strict=True))
        fastest = [predict(job, rates, coefficients)[0] for job, rates, _ in cases]
        fewer = [min(both) for both in zip(threads, fastest, strict=True)]
        if fewer == threads:
            return coefficients
        threads = fewer


def smallest_errors(shares):
    """Return the x, none of it below 0, for which shares x is the nearest to ones."""
    weights = np.ones(len(shares))
    for _ in range(30):
        x = nonnegative_least_squares(weights[:, None] * shares, weights)
        weights = np.maximum(np.abs(shares @ x - 1), SMALL_ERROR) ** -0.5
    return x


def nonnegative_least_squares(a, b):
    """Return the x, none of it below 0, for which a x is the nearest to b.

    An active set, after Lawson and Hanson, "Solving Least Squares Problems" (1974),
    chapter 23: x is zero but for a set of places, which grows by the one with the
    steepest slope, and loses those that the solution would make negative.

    Example:
        >>> a = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> nonnegative_least_squares(a, np.array([2.0, 1.0, -1.0])).round(6)
        array([1.5, 0. ])
    """
    length = np.linalg.norm(a, axis=0)
    length[length == 0] = 1
    columns = a / length
    x, free = np.zeros(a.shape[1]), np.zeros(a.shape[1], bool)
    for _ in range(10 * len(x)):
        slope = np.where(free, 0, columns.T @ (b - columns @ x))
        if slope.max() <= 1e-10 * np.linalg.norm(b):
            break
        free[slope.argmax()] = True
        while True:
            wanted = np.zeros(len(x))
            wanted[free] = np.linalg.lstsq(columns[:, free], b, rcond=None)[0]
            negative = free & (wanted <= 0)
            if not negative.any():
                break
            # As far as the first of them that gets to zero.
            steps = x[negative] / (x[negative] - wanted[negative])
            x += steps.min() * (wanted - x)
            free &= x > 1e-12
            x[~free] = 0
        x = wanted
    return x / length
