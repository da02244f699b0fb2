"""Build of the Cython extension; everything else is in pyproject.toml.

Environment:

``OVROUTER_SANITIZE=1``
    Address and undefined-behaviour sanitizers, for a Python that has them too: ``make sanitize`` makes one.
``OVROUTER_TRACE_CYTHON=1``
    Line tracing, so that coverage and profilers see Cython lines. Slow.
"""

import os
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

FASTPATH = Path("ovrouter/_fastpath")

DIRECTIVES = {
    "language_level": 3,
    "binding": True,
    "embedsignature": True,
    "cdivision": True,  # the divisors of the packet path are constants
    "boundscheck": True,  # switched off file by file, where a fuzz target covers the file
    "wraparound": False,
    "initializedcheck": False,
}

COMPILE_ARGS = [
    *("-O3", "-g", "-fno-strict-aliasing"),
    *("-Wall", "-Wextra", "-Wno-unused-parameter", "-Wno-unused-function"),  # both fire only in what Cython writes
]
SANITIZE_ARGS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-O1"]


def enabled(name: str) -> bool:
    """Tell whether a switch of the build is on."""
    return os.environ.get(name, "0") == "1"


def extension() -> Extension:
    """Describe the one compilation unit of the fast path."""
    sanitize = SANITIZE_ARGS if enabled("OVROUTER_SANITIZE") else []
    return Extension(
        "ovrouter._fastpath._core",
        sources=[str(FASTPATH / "_core.pyx")],
        depends=sorted(str(path) for suffix in ("pyx", "pxd", "pxi", "h") for path in FASTPATH.rglob(f"*.{suffix}")),
        extra_compile_args=COMPILE_ARGS + sanitize,
        extra_link_args=sanitize,
        define_macros=[("CYTHON_TRACE_NOGIL", "1")] if enabled("OVROUTER_TRACE_CYTHON") else [],
    )


if __name__ == "__main__":
    trace = {"linetrace": True, "profile": True} if enabled("OVROUTER_TRACE_CYTHON") else {}
    setup(ext_modules=cythonize([extension()], compiler_directives=DIRECTIVES | trace))
