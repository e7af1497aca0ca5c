"""Translate src/kernels.pyx once, compile it once per instruction set, side by side.

Every variant is the same C under another module name and other flags:
`fastmlp._kernels_base`, `_v3` (AVX2) and `_v4` (AVX-512) on x86-64, and `base`
alone elsewhere. `fastmlp/kernels/_loading.py` loads the best that the processor runs.
`FASTMLP_BUILD_VARIANTS=v3` builds only that one and base, which chooses.
The metadata is in pyproject.toml.
"""

import os
import re
import runpy
import sys
import sysconfig
import tempfile
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

SOURCE = "src/kernels.pyx"
BUILD = Path("build/cython")
GENERATED = "build/generated"

# One wheel for Python 3.11 and all later: the stable ABI has had buffers since 3.11,
# and does not have free-threaded Python.
STABLE_ABI = sys.version_info >= (3, 11) and not sysconfig.get_config_var(
    "Py_GIL_DISABLED"
)

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}

# The last one keeps the compiler from rounding as it sees fit: src/arithmetic.pxi.
FLAGS = ["-O3", "-g0", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
# Three flags keep GCC from taking the loops of a tile apart before it vectorises
# them, or from turning them into calls of memcpy. Without the --param a tile reaches
# 4 % of the processor's peak instead of 97 %; without the second a strip of the sparse
# product has a tenth of its speed, without the third two thirds of it (AVX2). Clang
# knows none of them, and vectorises a tile half as well.
GNU_FLAGS = [
    *FLAGS,
    "-fno-loop-unroll-and-jam",
    "-fno-tree-loop-distribute-patterns",
    "--param=max-completely-peel-times=8",
    # Cython's temporaries are not const.
    "-Wno-discarded-qualifiers",
]
MSVC_FLAGS = ["/O2", "/fp:contract"]

# For each compiler family: the flags of all variants, then those of each variant.
COMPILERS = {
    "gnu": (
        GNU_FLAGS,
        {
            "base": [],
            "v3": ["-march=x86-64-v3"],
            "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
        },
    ),
    "clang": (
        FLAGS,
        {
            "base": [],
            "v3": ["-march=x86-64-v3"],
            "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
        },
    ),
    "msvc": (
        MSVC_FLAGS,
        {"base": [], "v3": ["/arch:AVX2"], "v4": ["/arch:AVX512"]},
    ),
}

NO_COMPILER = """
fastmlp is built from source and found no working C compiler. Install one, then
run the same command again:
  Debian, Ubuntu   sudo apt install gcc python3-dev
  Fedora           sudo dnf install gcc python3-devel
  macOS            xcode-select --install
  Windows          the "Build Tools for Visual Studio", with the C++ workload
The compiler said: {reason}
"""


def description() -> str:
    """Return the readme; its links and pictures hold on an index's page, too."""
    readme = Path("README.md").read_text(encoding="utf-8")
    files = "https://github.com/fastmlp/fastmlp/blob/main/"
    pictures = "https://raw.githubusercontent.com/fastmlp/fastmlp/main/"
    readme = re.sub(r"\]\((?!https?:|#)", f"]({files}", readme)
    return re.sub(r'(src(?:set)?=")(?!https?:)', rf"\1{pictures}", readme)


def variants() -> list[str]:
    """Name the instruction sets to build for: base, which chooses, and others.

    By default, all that processors of the target's kind can have.
    """
    possible = ["base"]
    if sysconfig.get_platform().endswith(("x86_64", "amd64")):
        possible += ["v3", "v4"]
    wanted = os.environ.get("FASTMLP_BUILD_VARIANTS", "").replace(",", " ").split()
    if unknown := set(wanted) - set(possible):
        raise SystemExit(
            "FASTMLP_BUILD_VARIANTS names kernels that cannot be built here: "
            f"{', '.join(sorted(unknown))}. Choose from {', '.join(possible)}."
        )
    return [name for name in possible if not wanted or name in ("base", *wanted)]


def say(message: str) -> None:
    """Tell what happens, which `pip install -v` shows as it does."""
    print(f"fastmlp: {message}", flush=True)


def extension(variant: str) -> Extension:
    """Describe one variant; its C file is written by `translate`."""
    name = f"_kernels_{variant}"
    stable = {
        "py_limited_api": True,
        "define_macros": [("Py_LIMITED_API", "0x030B0000")],
    }
    return Extension(
        f"fastmlp.{name}", [f"{BUILD}/{name}.c"], **(stable if STABLE_ABI else {})
    )


def translate(extensions: list[Extension]) -> None:
    """Make C of the source, and for each variant a C file that includes it."""
    runpy.run_path("src/generate.py")["generate"](GENERATED)
    [translated] = cythonize(
        [Extension("fastmlp._kernels", [SOURCE])],
        build_dir=str(BUILD),
        compiler_directives=DIRECTIVES,
        include_path=["src", GENERATED],
    )
    [kernels] = map(Path, translated.sources)
    for variant in extensions:
        path = Path(variant.sources[0])
        path.write_text(
            f"#define PyInit__kernels PyInit_{path.stem}\n"
            f'#include "{kernels.relative_to(BUILD).as_posix()}"\n'
        )


class BuildKernels(build_ext):
    """Give each variant its flags, once it is known which compiler there is."""

    def finalize_options(self) -> None:
        """Compile as many variants at a time as there are cores."""
        super().finalize_options()
        self.parallel = self.parallel or True

    def build_extensions(self) -> None:
        """Ask the compiler what it can do, then compile every variant with that."""
        self._require_compiler()
        flags, variant_flags = COMPILERS[self._family()]
        openmp = self._openmp_flags()
        for extension in self.extensions:
            variant = extension.name.rpartition("_")[2]
            extension.extra_compile_args = flags + variant_flags[variant] + openmp
            extension.extra_link_args = [] if self._is_msvc() else openmp
        say("translating the kernels to C")
        translate(self.extensions)
        say(f"compiling them, {len(self.extensions)} times: up to a minute of silence")
        super().build_extensions()

    def copy_extensions_to_source(self) -> None:
        """Replace what an earlier build left, whose source may have been another."""
        for path in Path("fastmlp").glob("_kernels_*"):
            path.unlink()
        super().copy_extensions_to_source()

    def _is_msvc(self) -> bool:
        return self.compiler.compiler_type == "msvc"

    def _family(self) -> str:
        if self._is_msvc():
            return "msvc"
        is_gnu = "#if defined(__clang__) || !defined(__GNUC__)\n#error\n#endif\n"
        return "gnu" if self._compiles(is_gnu) else "clang"

    def _openmp_flags(self) -> list[str]:
        flags = ["/openmp" if self._is_msvc() else "-fopenmp"]
        source = "#include <omp.h>\nint main(void) { return !omp_get_max_threads(); }\n"
        if self._compiles(source, flags, link=not self._is_msvc()):
            say("this compiler has OpenMP, so training uses several cores")
            return flags
        say("this compiler has no OpenMP, so training uses one core")
        return []

    def _require_compiler(self) -> None:
        try:
            self._compile("#include <Python.h>\nint main(void) { return 0; }\n")
        except (CompileError, PlatformError, OSError) as error:
            raise SystemExit(NO_COMPILER.format(reason=error)) from None

    def _compiles(self, source: str, flags: list[str] = (), link: bool = False) -> bool:
        try:
            self._compile(source, flags, link)
        except (CompileError, LinkError):
            return False
        return True

    def _compile(self, source: str, flags: list[str] = (), link: bool = False) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "probe.c")
            with open(path, "w") as file:
                file.write(source)
            objects = self.compiler.compile(
                [path],
                output_dir=folder,
                extra_postargs=list(flags),
                include_dirs=self.include_dirs,
            )
            if link:
                program = os.path.join(folder, "probe")
                self.compiler.link_executable(
                    objects, program, extra_postargs=list(flags)
                )


setup(
    long_description=description(),
    long_description_content_type="text/markdown",
    ext_modules=[extension(variant) for variant in variants()],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE_ABI else {},
)
