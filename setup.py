"""Compile src/kernels.pyx once per instruction set; the metadata is in pyproject.toml.

Every variant is the same source under another module name and other flags:
`fastmlp._kernels_base`, `_v3` (AVX2) and `_v4` (AVX-512) on x86-64, and `base`
alone elsewhere. `fastmlp/kernels/_loading.py` loads the best that the processor runs.
"""

import os
import platform
import runpy
import tempfile

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

SOURCE = "src/kernels.pyx"
GENERATED = "build/generated"

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": False,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "freethreading_compatible": True,
}

# The last three keep GCC from taking the loops of a tile apart before it vectorises
# them, or from turning them into calls of memcpy. Without the --param a tile reaches
# 4 % of the processor's peak instead of 97 %; without the second a strip of the sparse
# product has a tenth of its speed, without the third two thirds of it (AVX2).
GNU_FLAGS = [
    "-O3",
    "-g0",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-loop-unroll-and-jam",
    "-fno-tree-loop-distribute-patterns",
    "--param=max-completely-peel-times=8",
]
# Clang would round products before it adds them, and vectorises a tile half as well.
CLANG_FLAGS = [*GNU_FLAGS[:-3], "-ffp-contract=fast"]
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
        CLANG_FLAGS,
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


def variants() -> list[str]:
    """Name the instruction sets that this machine's kind of processor can have."""
    universal = len(os.environ.get("ARCHFLAGS", "").split("-arch")) > 2
    if platform.machine().lower() in ("x86_64", "amd64") and not universal:
        return ["base", "v3", "v4"]
    return ["base"]


def extensions() -> list[Extension]:
    """Translate the source once per variant, each into a folder of its own."""
    runpy.run_path("src/generate.py")["generate"](GENERATED)
    modules = []
    for variant in variants():
        modules += cythonize(
            [Extension(f"fastmlp._kernels_{variant}", [SOURCE])],
            build_dir=f"build/cython/{variant}",
            compiler_directives=DIRECTIVES,
            include_path=["src", GENERATED],
        )
    return modules


class BuildKernels(build_ext):
    """Give each variant its flags, once it is known which compiler there is."""

    def build_extensions(self) -> None:
        """Ask the compiler what it can do, then compile every variant with that."""
        self._require_compiler()
        flags, variant_flags = COMPILERS[self._family()]
        openmp = self._openmp_flags()
        for extension in self.extensions:
            variant = extension.name.rpartition("_")[2]
            extension.extra_compile_args = flags + variant_flags[variant] + openmp
            extension.extra_link_args = [] if self._is_msvc() else openmp
        super().build_extensions()

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
            print("fastmlp: building with OpenMP, so training uses several cores")
            return flags
        print("fastmlp: this compiler has no OpenMP, so training uses one core")
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


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildKernels})
