"""How pytest's tables of benchmarks are ordered, and what their rows are called."""

import re


def natural_key(text):
    """Return a key that sorts the numbers within texts as numbers.

    Example:
        >>> sorted(["width: 1024", "width: 128", "depth: 2"], key=natural_key)
        ['depth: 2', 'width: 128', 'width: 1024']
    """
    parts = re.split(r"(\d+)", text)
    return [int(part) if part.isdigit() else part for part in parts]


def shorten(names):
    """Return names of benchmarks without what all have in common.

    A group is titled by what is measured, so that a row need not say it again.

    Example:
        >>> shorten(["bench_relu[fastmlp-128x10]", "bench_relu[numpy-128x10]"])
        ['fastmlp', 'numpy']
        >>> shorten(["bench_update"])
        ['bench_update']
    """
    words = [re.findall(r"\[(.*)\]", name) for name in names]
    parts = [word[0].split("-") if word else [] for word in words]
    if len(names) == 1 or len({len(part) for part in parts}) > 1:
        return list(names)
    columns = [column for column in zip(*parts, strict=True) if len(set(column)) > 1]
    short = ["-".join(row) for row in zip(*columns, strict=True)]
    return short if len(set(short)) == len(names) else list(names)
