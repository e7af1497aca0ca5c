"""How many cores this process may really use."""

import functools
import math
import os
from collections.abc import Collection

_CPUS = "/sys/devices/system/cpu"
_QUOTA = "/sys/fs/cgroup/cpu.max"
_OLD_QUOTA = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"
_OLD_PERIOD = "/sys/fs/cgroup/cpu/cpu.cfs_period_us"


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


def usable_processors() -> int:
    """Return the number of processors within affinity: a core may be two of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_cores(cpus: Collection[int]) -> int:
    """Return how many cores these processors make; each, if nothing tells."""
    cores = set()
    for cpu in cpus:
        try:
            cores.add(_read(f"{_CPUS}/cpu{cpu}/topology/thread_siblings_list"))
        except (OSError, ValueError):
            cores.add(str(cpu))
    return len(cores)


def container_quota() -> int:
    """Return how many processors' worth of time a container may have, rounded up.

    Without a quota it is more than any machine has.
    """
    try:
        if os.path.exists(_QUOTA):
            quota, period = _read(_QUOTA).split()
        else:
            quota, period = _read(_OLD_QUOTA), _read(_OLD_PERIOD)
        share = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return 1 << 16
    return math.ceil(share) if share > 0 else 1 << 16


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()
