"""Write what follows from fastmlp/tables.py and from the kernels' own signatures.

setup.py calls `generate` before Cython reads src/. Three files come of it:

  families.pxi   an enum for each table, and a struct for the settings of each family
                 and for each row of a plan (fastmlp/plan/_rows.py)
  dispatch.pxi   the loops of kernels that are written for a single number;
                 activation_forward and so on: which kernel, by its number; and which
                 losses compute an activation, too
  bindings.pxi   call_kernel, by which Python calls any kernel: see fastmlp/kernels/

Arguments go by name: a kernel gets what its signature asks for.
"""

import ast
import re
import runpy
from pathlib import Path

HERE = Path(__file__).parent
TABLES = runpy.run_path(str(HERE.parent / "fastmlp" / "tables.py"))
CODE = "\n".join(path.read_text() for path in sorted(HERE.glob("*.pxi")))
ROWS_OF_PLAN = HERE.parent / "fastmlp" / "plan" / "_rows.py"

# For each table the prefix of its enum.
ENUMS = {
    "ACTIVATIONS": "ACTIVATION",
    "LOSSES": "LOSS",
    "METRICS": "METRIC",
    "OPTIMIZERS": "OPTIMIZER",
    "KINDS": "KIND",
    "REDUCTIONS": "REDUCTION",
    "CONSTRAINTS": "CONSTRAINT",
    "MODES": "MODE",
    "QUESTIONS": "ASK",
}

SIGNATURE = re.compile(
    r"^cdef (void|inline float) (\w+)\(([^)]*)\) noexcept nogil:", re.MULTILINE
)

# What Python can give to a kernel.
SIMPLE = ("const float*", "float*", "double*", "Matrix", "float", "double", "bint")
SIMPLE += ("Py_ssize_t", "unsigned long long")

# A loop over a function of a number, and of 32 bits of chance for its place.
NOISE_LOOP = """\
cdef void each_{name}(
    const float* {x}, Py_ssize_t size{given}, unsigned long long seed,
    unsigned long long iteration, Py_ssize_t place, float* y
) noexcept nogil:
    cdef unsigned int key = noise_key(seed, iteration), begin = <unsigned int> place
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = {name}({x}[i]{settings}, noise_bits(key, begin + <unsigned int> i))
"""

# The loops over functions of single numbers, and over their derivatives: of `relu`, the
# kernel `each_relu`; a loss, or a metric, is the mean over columns. `given` are the
# settings with their types, `settings` without.
LOOPS = {
    "ACTIVATIONS": (
        """\
cdef void each_{name}(const float* x, Py_ssize_t size{given}, float* y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        y[i] = {name}(x[i]{settings})
""",
        """\
cdef void each_{name}(
    const float* {x}, const float* dy, Py_ssize_t size{given}, float* dx
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(size):
        dx[i] = {name}({x}[i], dy[i]{settings})
""",
    ),
    "METRICS": (
        """\
cdef void each_{name}(Matrix y, Matrix t{given}, float* losses) noexcept nogil:
    cdef Py_ssize_t i, j
    cdef float total
    for i in range(y.rows):
        total = 0
        for j in range(y.columns):
            total += {name}(y.data[j], t.data[j]{settings})
        losses[i] = total / y.columns
        y.data += y.columns
        t.data += t.columns
""",
        """\
cdef void each_{name}(Matrix y, Matrix t{given}, float scale, Matrix dy) noexcept nogil:
    cdef Py_ssize_t i
    cdef float factor = scale / y.columns
    for i in range(y.rows * y.columns):
        dy.data[i] = {name}(y.data[i], t.data[i]{settings}, factor)
""",
    ),
    "NOISE": (NOISE_LOOP, NOISE_LOOP),
}

# The functions of the dispatch: family, the kernel's name, parameters beside code and
# settings, and what kernels call a parameter by, too.
DISPATCH = {
    "activation_forward": ("ACTIVATIONS", "{}", "Matrix x, Matrix y", {}),
    "activation_backward": (
        "ACTIVATIONS",
        "{}_backward",
        "Matrix x, Matrix y, Matrix dy, Matrix dx",
        {},
    ),
    "loss_forward": (
        "LOSSES",
        "{}",
        "Matrix y, Matrix t, Matrix p, float* losses",
        {"x": "y"},
    ),
    # To a loss that computes an activation too, y are its probabilities, and dy is the
    # gradient of its logits.
    "loss_backward": (
        "LOSSES",
        "{}_backward",
        "Matrix y, Matrix t, float scale, Matrix dy",
        {"p": "y", "dx": "dy"},
    ),
    "metric_forward": (
        "METRICS",
        "{}",
        "Matrix p, Matrix y, Matrix t, float* values",
        {"hits": "values", "losses": "values", "x": "y"},
    ),
    "metric_totals": (
        "METRICS",
        "{}",
        "Matrix y, Matrix t, const float* thresholds, const float* weights, "
        "const float* values, double* totals",
        {},
    ),
    "optimizer_step": (
        "OPTIMIZERS",
        "{}",
        "float* w, const float* dw, float** memory, Py_ssize_t size, "
        "const double* rates",
        {},
    ),
}


def parameters(text):
    """Return (type, name) of each parameter of a C signature."""
    written = [one.strip() for one in text.split(",")]
    return [tuple(one.rsplit(None, 1)) for one in written if one]


def functions(code, result):
    """Return the parameters of all functions with such a result, by their names."""
    found = SIGNATURE.findall(code)
    return {name: parameters(text) for kind, name, text in found if kind == result}


def loops():
    """Return the loops of kernels that are written for a single number."""
    numbers = functions(CODE, "inline float")
    code = []
    for table, (forward, backward) in LOOPS.items():
        for row, settings in TABLES[table].items():
            for name, loop in (row, forward), (f"{row}_backward", backward):
                if name in numbers:
                    taken = [one for one in numbers[name] if one[1] in settings]
                    given = "".join(f", {kind} {one}" for kind, one in taken)
                    names = "".join(f", {one}" for _, one in taken)
                    x = numbers[name][0][1]
                    code.append(
                        loop.format(name=name, x=x, given=given, settings=names)
                    )
    return code


def signatures():
    """Return the parameters of every kernel, by its name."""
    return functions("\n".join([CODE, *loops()]), "void")


def function_of(kernel, kernels):
    """Return what computes a kernel: the function of its name, or its loop."""
    return kernel if kernel in kernels else f"each_{kernel}"


def enum(prefix, names):
    """Return an enum that numbers some names."""
    rows = [f"    {prefix}_{name.upper()} = {i}\n" for i, name in enumerate(names)]
    return "cdef enum:\n" + "".join(rows)


def rows_of_plan():
    """Return type and name of each field of the rows of a plan's tables, by class."""
    return {
        row.name: [
            (one.annotation.id, one.target.id)
            for one in row.body
            if isinstance(one, ast.AnnAssign)
        ]
        for row in ast.parse(ROWS_OF_PLAN.read_text()).body
        if isinstance(row, ast.ClassDef)
    }


def row_structs():
    """Return the rows of a plan's tables as structs; an annotation is the type."""
    types = {"int": "Py_ssize_t", "float": "double"}
    structs = []
    for row, fields in rows_of_plan().items():
        lines = [f"    {types.get(kind, kind)} {name}\n" for kind, name in fields]
        structs.append(f"cdef struct {row}:\n" + "".join(lines))
    return structs


def memory_of(kernel):
    """Return the memory of an optimizer: the names of the arrays after dw."""
    names = [name for kind, name in kernel if kind == "float*"]
    return names[names.index("w") + 1 :]


def families(kernels):
    """Return the enums and the structs of settings."""
    parts = [enum(prefix, TABLES[table]) for table, prefix in ENUMS.items()]
    for table, prefix in list(ENUMS.items())[:4]:
        rows = [f"    double {name}\n" for name in TABLES["fields"](TABLES[table])]
        struct = f"{prefix.capitalize()}Params"
        parts.append(f"cdef struct {struct}:\n" + "".join(rows))
    most = max(len(memory_of(kernels[name])) for name in TABLES["OPTIMIZERS"])
    if most > TABLES["MOST_MEMORY"]:
        raise SystemExit(
            f"An optimizer has {most} arrays: set MOST_MEMORY in tables.py."
        )
    own, shared = TABLES["MOST_MEMORY"], TABLES["SHARED_MEMORY"]
    places = {f"MEMORY_{name.upper()}": own + i for i, name in enumerate(shared)}
    sizes = {"OPTIMIZER_MEMORY": own + len(shared), **places}
    sizes["RATES"] = len(TABLES["RATES"])
    rows = [f"    {name} = {size}\n" for name, size in sizes.items()]
    parts.append("cdef enum:\n" + "".join(rows))
    return parts + row_structs()


def setting(kind, name):
    """Return a setting as a kernel takes it: in the plan, all of them are doubles."""
    if kind == "bint":
        return f"params.{name} != 0"
    if kind == "Py_ssize_t":
        return f"<Py_ssize_t> params.{name}"
    return f"params.{name}"


def choice(function, kernels):
    """Return one function of the dispatch."""
    table, pattern, text, aliases = DISPATCH[function]
    code = ENUMS[table].lower()
    head = f"int {code}, const {code.capitalize()}Params* params, {text}"
    given = {one: one for _, one in parameters(text)}
    for kind, one in parameters(text):
        if kind == "Matrix":
            # Of several, the last is what the kernel writes, which has its shape.
            given[one] = f"{one}.data"
            given |= {"rows": f"{one}.rows", "columns": f"{one}.columns"}
    lines = [f"cdef void {function}({head}) noexcept nogil:\n"]
    word = "if"
    for name, settings in TABLES[table].items():
        kernel = function_of(pattern.format(name), kernels)
        # A metric that has totals adds rows to them itself, and gives none a value.
        adds = "totals" in [one for _, one in kernels[kernel]]
        if adds and "totals" not in given:
            continue
        if "totals" in given and not adds:
            kernel = "add_means"
        arguments = []
        for kind, one in kernels[kernel]:
            called = aliases.get(one, one)
            if called == "size" and "size" not in given:
                arguments.append(f"{given['rows']} * {given['columns']}")
            elif called in settings:
                arguments.append(setting(kind, called))
            elif table == "OPTIMIZERS" and called in TABLES["RATES"]:
                arguments.append(f"rates[{TABLES['RATES'].index(called)}]")
            elif table == "OPTIMIZERS" and called not in given:
                place = memory_of(kernels[name]).index(called)
                arguments.append(f"memory[{place}]")
            else:
                arguments.append(called if kind == "Matrix" else given[called])
        lines.append(f"    {word} {code} == {ENUMS[table]}_{name.upper()}:\n")
        lines.append(f"        {kernel}({', '.join(arguments)})\n")
        word = "elif"
    return "".join(lines)


def activating():
    """Return computes_activation, which tells it of a loss."""
    tests = " or ".join(f"loss == LOSS_{name.upper()}" for name in TABLES["FUSED"])
    return (
        "cdef inline bint computes_activation(int loss) noexcept nogil:\n"
        f"    return {tests}\n"
    )


def operand(kind, name, counts):
    """Return what a bound kernel gets for a parameter: see call_kernel in binding.pxi.

    `counts` says how many arrays and numbers went before.
    """
    if name == "scratch":
        return "scratch"
    if name in ("size", "rows", "columns"):
        return f"arrays[0].{name}"
    if kind in ("const float*", "float*", "double*", "Matrix"):
        place = f"arrays[{counts['array']}]"
        counts["array"] += 1
        if kind == "double*":
            return f"<double*> {place}.data"
        return f"as_matrix({place})" if kind == "Matrix" else f"{place}.data"
    place = f"[{counts['number']}]"
    counts["number"] += 1
    return ("reals" if kind in ("float", "double") else "wholes") + place


def bindings(kernels):
    """Return run_kernel, which calls a kernel by its number, and these numbers.

    Where src/binding.pxi has a `bound_<name>`, that is what Python gets as `name`, and
    so is a loop.
    """
    simple = {
        name.removeprefix("bound_").removeprefix("each_"): name
        for name, kernel in kernels.items()
        if f"bound_{name}" not in kernels and all(kind in SIMPLE for kind, _ in kernel)
    }
    lines = [
        "cdef void run_kernel(\n    int kernel,\n    const Operand* arrays,\n"
        "    const double* reals,\n    const long long* wholes,\n"
        "    float* scratch,\n) noexcept nogil:\n"
    ]
    for i, (name, function) in enumerate(simple.items()):
        counts = {"array": 0, "number": 0}
        arguments = [operand(*one, counts) for one in kernels[function]]
        lines.append(f"    {'elif' if i else 'if'} kernel == KERNEL_{name.upper()}:\n")
        lines.append(f"        {function}({', '.join(arguments)})\n")
    rows = "".join(f'    "{name}": KERNEL_{name.upper()},\n' for name in simple)
    # For fastmlp/kernels/_loading.py, which compares them with those that it finds.
    tables = {name: TABLES[name] for name in ENUMS}
    fields = {
        row: tuple(name for _, name in fields) for row, fields in rows_of_plan().items()
    }
    return [
        enum("KERNEL", simple),
        "".join(lines),
        f"KERNELS = {{\n{rows}}}\n",
        f"TABLES = {tables!r}\n",
        f"ROWS = {fields!r}\n",
    ]


def generate(folder):
    """Write the files; one that would be the same is left alone, time and all."""
    kernels = signatures()
    texts = {
        "families.pxi": families(kernels),
        "dispatch.pxi": [
            *loops(),
            *(choice(function, kernels) for function in DISPATCH),
            activating(),
        ],
        "bindings.pxi": bindings(kernels),
    }
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, parts in texts.items():
        path = Path(folder) / name
        text = "# Written by src/generate.py.\n\n" + "\n\n".join(parts)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
