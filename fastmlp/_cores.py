"""How many cores this process may really use."""

import functools
import math
import os
from collections.abc import Collection
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_OLD_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_OLD_PERIOD = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


@functools.cache
def usable_cores() -> int:
    """Return the number of physical cores, within affinity and container quota.

    Two threads on the halves of one core only get in each other's way, so such a pair
    counts once. It is looked up once in a process.

    Example:
        >>> usable_cores() >= 1
        True
    """
    if hasattr(os, "sched_getaffinity"):
        cores = physical_cores(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, container_quota()))


def physical_cores(cpus: Collection[int]) -> int:
    """Return how many cores these processors make; each, if nothing tells."""
    cores = set()
    for cpu in cpus:
        siblings = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        try:
            cores.add(siblings.read_text(encoding="ascii"))
        except (OSError, ValueError):
            cores.add(str(cpu))
    return len(cores)


def container_quota() -> int:
    """Return how many processors' worth of time a container may have, rounded up.

    Without a quota it is more than any machine has.
    """
    try:
        if _QUOTA.exists():
            quota, period = _QUOTA.read_text(encoding="ascii").split()
        else:
            quota = _OLD_QUOTA.read_text(encoding="ascii")
            period = _OLD_PERIOD.read_text(encoding="ascii")
        share = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return 1 << 16
    return math.ceil(share) if share > 0 else 1 << 16
