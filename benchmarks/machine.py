"""What benchmarks ran on: the processor, and the versions of what took part."""

import importlib.metadata
import os
import platform

from fastmlp._util.cores import usable_processors

# Modules that are called something else where they are installed from.
DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def machine_name():
    """Return the processor's name, and how many processors this process may use."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1] for line in file if "model name" in line]
        name = names[0].strip() if names else name
    return f"{name}, {platform.system()}, {usable_processors()} processors"


def find_versions(modules):
    """Return Python's version and that of each module, by the names of packages."""
    versions = {"Python": platform.python_version()}
    for module in modules:
        name = DISTRIBUTIONS.get(module, module)
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = getattr(__import__(module), "__version__", "?")
    return versions
