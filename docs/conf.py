"""How the site is built: CONTRIBUTING.md has the command.

What the repository has already is not written again: pages include its papers, lessons
are the notebooks of fastmlp/examples, and the reference is made of the docstrings.
"""

import importlib
import os
import pkgutil
import re
import shutil
import sys
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.ext.napoleon import Config, GoogleDocstring
from sphinx.util import logging

import fastmlp

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FILES = "https://github.com/fastmlp/fastmlp/blob/main"

project = "fastmlp"
author = "The fastmlp developers"
project_copyright = author
version = release = fastmlp.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "sphinx_design",
]
myst_enable_extensions = ["colon_fence", "dollarmath"]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
# A name in backticks is a link where it is a name of fastmlp's, and code elsewhere.
nitpicky = True
default_role = "py:obj"
nitpick_ignore_regex = [("py:obj", "(?s).*")]

# Links of the site itself; an address elsewhere is asked for where there is a network.
linkcheck_ignore = [] if os.environ.get("FASTMLP_LINKCHECK") else ["https?://"]

myst_heading_anchors = 3
# Only what is not in the cache, below _build, is run.
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_timeout = 60

autosummary_ignore_module_all = False
autosummary_imported_members = True
# Each table has full names, of whatever module they are.
suppress_warnings = ["autosummary.import_cycle"]
# Types are in the docstrings' words, too; editors have them by name.
autodoc_typehints = "none"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"

html_theme = "furo"
# Which browsers show by themselves: no script of another host is asked for.
html_math_renderer = "mathml"
html_title = "fastmlp"
html_static_path = ["_static"]
html_css_files = ["page.css"]

_log = logging.getLogger(__name__)
# Of reStructuredText, where an equation has |x|, *args, or a name that ends in _.
_MARKS = re.compile(r"[|*\\]|_\b(?!\w)")


def setup(app):
    """Connect what follows to the steps of a build."""
    app.connect("autodoc-process-docstring", _read_docstring)
    app.connect("autodoc-skip-member", _skip_overrides)
    app.connect("include-read", _link_what_is_included)
    app.connect("source-read", _link_what_is_written)
    app.connect("env-check-consistency", _name_what_is_missing)
    app.add_html_math_renderer("mathml", (_write_math, None), (_write_math, None))
    # Sphinx reads nothing that lies elsewhere.
    shutil.rmtree(DOCS / "lessons", ignore_errors=True)
    shutil.copytree(ROOT / "fastmlp/examples", DOCS / "lessons")


def _write_math(writer, node):
    in_line = isinstance(node, nodes.math)
    writer.body.append(tex2mathml(node.astext(), as_block=not in_line))
    raise nodes.SkipNode


def _read_docstring(app, what, name, found, options, lines):
    """Make reStructuredText of a docstring, in which |x| and *args are no marks.

    Args:
        app: Sphinx.
        what: "module", "class", "function" ...
        name: Under which it is documented.
        found: The object itself.
        options: Those of the directive.
        lines: The docstring, which is changed in place.
    """
    own = getattr(found, "__name__", None)
    if what in ("class", "function") and own != name.rpartition(".")[2]:
        lines[:] = [f"The same as `{own}`."]
    in_example = False
    for number, line in enumerate(lines):
        in_example = line.lstrip().startswith(">>>") or (in_example and line.strip())
        if not in_example:
            parts = re.split(r"(`[^`]*`)", line)
            parts[::2] = [
                re.sub(r"[|*\\]|_\b(?!\w)", r"\\\g<0>", p) for p in parts[::2]
            ]
            lines[number] = "".join(parts)
    # The first line of an attribute or property is a sentence, not a type and a colon.
    settings = Config(napoleon_use_rtype=False)
    lines[:] = GoogleDocstring(lines, settings, app, "", name, found, options).lines()


def _link_what_is_included(app, path, page, content):
    # What MyST says instead is the page's last name.
    docname = app.env.docname
    content[0] = _linked(content[0], (DOCS / path).resolve().parent, docname)


def _link_what_is_written(app, docname, content):
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".md":
        content[0] = _linked(content[0], path.parent, docname)


def _pages():
    """Return the page of each paper that a page includes, and of each notebook."""
    include = re.compile(r"^```\{include\} (\S+)\n```$", re.M)
    papers = {
        (page.parent / paper).resolve(): page
        for page in DOCS.rglob("*.md")
        for paper in include.findall(page.read_text("utf-8"))
    }
    notebooks = (ROOT / "fastmlp/examples").glob("*.ipynb")
    return papers | {book: DOCS / "lessons" / book.name for book in notebooks}


def _linked(text, folder, docname):
    """Turn links to files into links to their pages, or to the repository."""

    def target(match):
        link, anchor = match[1], match[2] or ""
        path = (folder / link).resolve()
        page = _pages().get(path, path)
        if page.is_relative_to(DOCS):
            here = (DOCS / docname).parent
            return f"]({os.path.relpath(page, here)}{anchor}"
        if not path.exists():
            _log.warning("%s leads nowhere", link, location=docname)
        return f"]({FILES}/{path.relative_to(ROOT).as_posix()}{anchor}"

    return re.sub(r"\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?", target, text)


def _name_what_is_missing(app, env):
    """Warn of public names that the reference does not have."""
    documented = env.get_domain("py").objects
    for module, names in PUBLIC.items():
        for home in [module, *(HOMES[f"{module}.{name}"] for name in names)]:
            if home not in documented:
                _log.warning("the reference has no %s", home)


def _public_names(name):
    """Return the public names of a module and of those within, by module."""
    module = importlib.import_module(name)
    names = [one for one in getattr(module, "__all__", []) if not one.startswith("_")]
    found = {name: names} if names else {}
    for child in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not child.name.startswith("_"):
            found |= _public_names(f"{name}.{child.name}")
    return found


def _skip_overrides(app, what, name, found, skip, options):
    """Leave out what is another library's, or stands on the page of a base class."""
    found = getattr(getattr(found, "fget", found), "__func__", found)
    module = getattr(found, "__module__", None) or "fastmlp"
    if not module.startswith("fastmlp"):
        return True
    owner, _, own = getattr(found, "__qualname__", "").partition(".")
    if not own:
        return skip
    bases = getattr(getattr(sys.modules[module], owner, None), "__mro__", ())[1:-1]
    return skip or any(hasattr(base, name) for base in bases)


def _home_of(module, name):
    """Return the full name under which what a module offers is described.

    It is that of the module where it comes from; others name it in their tables.
    """
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        return f"{module}.{name}"
    origin = getattr(found, "__module__", None) or ""
    others = [
        other
        for other, names in PUBLIC.items()
        if any(getattr(importlib.import_module(other), one) is found for one in names)
    ]
    home = max(
        others or [module],
        key=lambda other: (f"{origin}.".startswith(f"{other}."), other.count(".")),
    )
    return f"{home}.{name if home == module else found.__name__}"


PUBLIC = _public_names("fastmlp")
HOMES = {
    f"{module}.{name}": _home_of(module, name)
    for module, names in PUBLIC.items()
    for name in names
}
autosummary_context = {"homes": HOMES, "public": list(PUBLIC)}
