"""What compare.py found: from the runs to rows, and from rows to a page of tables.

A row is a job as one library does it on so many threads. A ratio says how many times as
long as fastmlp that takes on as many threads. It is computed within each turn, whose
runs are neighbours in time, and its median and range are told: a machine that slows
down for a while slows both.
"""

import json
import statistics

from one_run import MEASURES

# Of comparison.json; another number for each that older readers would misread.
FORMAT = 2


def summarize(runs, tolerances):
    """Return a row for each job, library and number of threads.

    Args:
        runs: Dictionaries of "job", "peer", "threads", "turn" and what was measured.
            Where a peer took part in a turn, so did fastmlp on as many threads.
        tolerances: For each job, how far apart two accuracies are by chance.
    """
    own = {
        (run["job"], run["threads"], run["turn"]): run
        for run in runs
        if run["peer"] == "fastmlp"
    }
    groups = {}
    for run in runs:
        groups.setdefault((run["job"], run["peer"], run["threads"]), []).append(run)
    rows = []
    for (job, peer, threads), group in groups.items():
        pairs = [(run, own[job, threads, run["turn"]]) for run in group]
        row = {"job": job, "peer": peer, "threads": threads, "runs": len(group)}
        for name in MEASURES:
            row[name] = spread([run[name] for run in group])
            row[name]["ratio"] = spread([run[name] / its[name] for run, its in pairs])
        row["accuracy"] = statistics.median(run["accuracy"] for run in group)
        own_accuracy = statistics.median(its["accuracy"] for _, its in pairs)
        difference = abs(row["accuracy"] - own_accuracy)
        row["learnt_the_same"] = difference < tolerances[job]
        rows.append(row)
    return rows


def spread(values):
    """Return the median of some numbers, and their range.

    Example:
        >>> spread([3.0, 1.0, 2.0])
        {'median': 2.0, 'min': 1.0, 'max': 3.0}
    """
    return {
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
    }


def as_ratio(ratio):
    """Return a ratio in words, with its range where it has one.

    Example:
        >>> as_ratio({"median": 2.04, "min": 1.9, "max": 2.3})
        '2.0 (1.9 to 2.3)'
    """
    words = [f"{ratio[name]:.1f}" for name in ("median", "min", "max")]
    if words[1] == words[2]:
        return words[0]
    return f"{words[0]} ({words[1]} to {words[2]})"


def headline(report):
    """Return the result in a sentence: how fastmlp's `fit` compares with the others."""
    peers = [row for row in report["rows"] if row["peer"] != "fastmlp"]
    if not peers:
        return "fastmlp alone: no other library took part"
    ratios = [row["fit"]["ratio"]["median"] for row in peers]
    least, most = (
        f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
        for ratio in (min(ratios), max(ratios))
    )
    times = least if least == most else f"{least} to {most}"
    names = {row["peer"] for row in peers}
    others = report["peers"][names.pop()] if len(names) == 1 else "other libraries"
    if min(ratios) > 1:
        return f"fastmlp trains {times} times as fast as {others}"
    faster = sum(ratio > 1 for ratio in ratios)
    return (
        f"fastmlp trains faster than {others} in {faster} of {len(ratios)} cases "
        f"({times} times as fast)"
    )


def conditions(report):
    """Return in two sentences what was run, and on what."""
    versions = ", ".join(f"{name} {v}" for name, v in report["versions"].items())
    counts = sorted({row["runs"] for row in report["rows"]})
    runs = " to ".join(map(str, dict.fromkeys((counts[0], counts[-1]))))
    each = "one run each" if counts == [1] else f"medians of {runs} runs in turns"
    return (
        f"{report['machine']}. {versions}.",
        f"{report['digits'][0].upper()}{report['digits'][1:]}; {each}.",
    )


def as_table(header, rows):
    """Return a table in Markdown as lines: names on the left, numbers on the right."""
    cells = [list(map(str, line)) for line in (header, *rows)]
    first, *widths = (max(3, *map(len, column)) for column in zip(*cells, strict=True))
    lines = [
        " | ".join([name.ljust(first), *map(str.rjust, numbers, widths)])
        for name, *numbers in cells
    ]
    rule = ["-" * first, *("-" * (width - 1) + ":" for width in widths)]
    return [f"| {line} |" for line in (lines[0], " | ".join(rule), *lines[1:])]


def as_markdown(report):
    """Return the report as a page of tables."""
    lines = [
        f"## {headline(report)}",
        "",
        *conditions(report),
        "A ratio is to fastmlp on as many threads, with its range over the turns.",
    ]
    for job, title in report["jobs"].items():
        rows = [row for row in report["rows"] if row["job"] == job]
        if not rows:
            continue
        rows.sort(key=lambda row: (row["threads"], row["fit"]["median"]))
        names = [(report["peers"][row["peer"]], row["threads"]) for row in rows]
        lines += ["", f"### {title}", ""]
        lines += as_table(
            ("", "threads", "fit", "ratio", "a later epoch", "ratio", "test accuracy"),
            [
                (*name, *timed(row, "fit"), *timed(row, "later_epoch"), learnt(row))
                for name, row in zip(names, rows, strict=True)
            ],
        )
        lines += [
            "",
            f"The network so trained, on {report['test_rows'][job]:,} others:",
            "",
        ]
        lines += as_table(
            ("", "threads", "evaluate", "ratio", "predict", "ratio"),
            [
                (*name, *timed(row, "evaluate"), *timed(row, "predict"))
                for name, row in zip(names, rows, strict=True)
            ],
        )
    lines += ["", *report["left_out"]] if report["left_out"] else []
    return "\n".join(lines) + "\n"


def timed(row, name):
    """Return the cells of something timed: seconds and ratio."""
    return as_seconds(row[name]["median"]), as_ratio(row[name]["ratio"])


def as_seconds(seconds):
    """Return a time with three digits.

    Example:
        >>> as_seconds(148.384), as_seconds(0.5678), as_seconds(0.015)
        ('148 s', '0.568 s', '15.0 ms')
    """
    if seconds >= 100:
        return f"{seconds:,.0f} s"
    return f"{seconds:#.3g} s" if seconds >= 0.1 else f"{1000 * seconds:#.3g} ms"


def learnt(row):
    """Return the cell of the accuracy."""
    note = "" if row["learnt_the_same"] else " (not the same)"
    return f"{row['accuracy']:.4f}{note}"


def read(path):
    """Return a report that was written before.

    Raises:
        SystemExit: The file is none, or in a format that is not read.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SystemExit(f"{path} is no JSON; give a comparison.json.") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise SystemExit(
            f"{path} is no comparison.json of format {FORMAT}, the one that is read: "
            "run the compare.py that wrote it beside today's, or compare anew."
        )
    return report
