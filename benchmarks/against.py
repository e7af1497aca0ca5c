"""What got slower since: `python benchmarks/against.py old.json new.json`.

Both are files that compare.py wrote; `compare.py --against old.json` does the same with
what it just measured. fastmlp is judged, and the other libraries, which did not change,
are the yardstick: where they take longer than they did, the machine is slower, and as
much is forgiven. Slower is what takes over 5 % longer beside them, so that not even its
fastest run comes into the range of the older ones.
"""

import argparse
import statistics
from pathlib import Path

from one_run import MEASURES
from report import as_seconds, as_table, read

# Less than this nobody can tell from the weather on a shared machine.
NOTICEABLE = 1.05


def find_changes(old, new):
    """Return what both reports timed of fastmlp, with its change, slowest first.

    Jobs are the same if their titles are, so that a quick one is not compared with a
    whole one. "change" is new time by old; "others" the median of that of the other
    libraries on as many threads, 1 where there is none; "verdict" is "slower", "faster"
    or "".
    """
    before, after = _by_title(old), _by_title(new)
    changes = []
    for key, row in after.items():
        title, peer, threads = key
        if peer != "fastmlp" or key not in before:
            continue
        for name, words in MEASURES.items():
            then, now = before[key][name], row[name]
            others = _change_of_others(before, after, title, threads, name)
            changes.append(
                {
                    "job": title,
                    "threads": threads,
                    "measure": words,
                    "then": then["median"],
                    "now": now["median"],
                    "change": now["median"] / then["median"],
                    "others": others,
                    "verdict": _judge(then, now, others),
                }
            )
    return sorted(changes, key=lambda row: row["others"] / row["change"])


def _by_title(report):
    return {
        (report["jobs"][row["job"]], row["peer"], row["threads"]): row
        for row in report["rows"]
    }


def _change_of_others(before, after, title, threads, name):
    """Return the median change of the other libraries on a job and as many threads."""
    known = [
        after[key][name]["median"] / before[key][name]["median"]
        for key in after
        if key in before
        and (key[0], key[2]) == (title, threads)
        and key[1] != "fastmlp"
    ]
    return statistics.median(known) if known else 1.0


def _judge(then, now, others):
    """Return "slower" or "faster" if that is beyond doubt."""
    change = now["median"] / then["median"] / others
    if change > NOTICEABLE and now["min"] > others * then["max"]:
        return "slower"
    # Who is not as slowed down as others are is not faster for that.
    if change < 1 / NOTICEABLE and now["max"] < min(1, others) * then["min"]:
        return "faster"
    return ""


def as_markdown(old, new):
    """Return what got slower, and what faster, as a page with a table."""
    changes = find_changes(old, new)
    if not changes:
        return (
            f"Nothing to compare with {old['date']}: no job is in both, of as many "
            "rows and epochs, on as many threads.\n"
        )
    counts = {
        verdict: sum(row["verdict"] == verdict for row in changes)
        for verdict in ("slower", "faster")
    }
    lines = [
        f"## Since {old['date']}: {counts['slower']} of {len(changes)} times slower, "
        f"{counts['faster']} faster",
        "",
    ]
    if old["machine"] != new["machine"]:
        lines += [f"Then on another machine: {old['machine']}.", ""]
    lines += as_table(
        ("", "threads", "", "then", "now", "change", "others", ""),
        [
            (
                row["job"],
                row["threads"],
                row["measure"],
                as_seconds(row["then"]),
                as_seconds(row["now"]),
                f"{row['change'] - 1:+.0%}",
                f"{row['others'] - 1:+.0%}",
                row["verdict"],
            )
            for row in changes
        ],
    )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    options = parser.parse_args()
    print(as_markdown(read(options.old), read(options.new)))


if __name__ == "__main__":
    main()
