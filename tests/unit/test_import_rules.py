"""Who may import whom, and which temperature every module has (README.md, "Layout")."""

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "ovrouter").rglob("*.py"))

CLOCKS_AND_SOCKETS = {
    "asyncio",
    "select",
    "selectors",
    "socket",
    "threading",
    "time",
    "trio",
    "hypercorn",
    "quart_trio",
}

DECLARED = {
    re.match(r"[\w.-]+", line)[0].lower()
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
}
DISTRIBUTIONS = packages_distributions()

COMPOSITION_ROOTS = {"ovrouter", *(f"ovrouter.{name}" for name in ("__main__", "cli", "router", "serve", "server"))}
"""They may see everything."""

CONTROL_PLANE = {"session", "rest", "signaling"}
MEDIA_PLANE = {"rtc", "media", "_fastpath"}

FORBIDDEN = {
    "session": MEDIA_PLANE | {"rest", "signaling"},
    "rest": MEDIA_PLANE | {"signaling"},
    "signaling": MEDIA_PLANE | {"rest"},
    "rtc": CONTROL_PLANE | {"media", "_fastpath"},
    "media": CONTROL_PLANE,
    "_fastpath": CONTROL_PLANE | {"rtc", "media"},
    "reporting": MEDIA_PLANE | CONTROL_PLANE,
    "broadcast": MEDIA_PLANE | {"rest", "signaling", "reporting"},
    "compose": MEDIA_PLANE | {"rest", "signaling", "reporting"},
    "recording": MEDIA_PLANE | {"rest", "signaling"},
    "recorder": CONTROL_PLANE | MEDIA_PLANE | {"recording"},
    "testing": MEDIA_PLANE | {"rest", "signaling"},
}
"""Packages that the modules of a package must not see."""


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path):
    return ast.parse(path.read_text())


def imports(path):
    """Full names of what a module imports, wherever in it; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the whole name of what you import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def temperature(path):
    docstring = ast.get_docstring(tree(path)) or ""
    found = re.search(r"\b(cold|warm|hot|contract)\b", docstring, re.IGNORECASE)
    return found[1].lower() if found else None


def own_part(name):
    """``ovrouter.rest.auth`` -> ``rest``; None for what is not ours."""
    parts = name.split(".")
    return parts[1] if parts[0] == "ovrouter" and len(parts) > 1 else None


CONTRACT_PARTS = {own_part(module_name(path)) for path in SOURCES if temperature(path) == "contract"}

each_module = pytest.mark.parametrize("path", SOURCES, ids=module_name)


@each_module
def test_names_its_temperature(path):
    assert temperature(path), "the module docstring must say cold, warm, hot or contract"


@each_module
def test_contract_sees_the_standard_library_and_contracts_only(path):
    if temperature(path) == "contract":
        foreign = {name for name in imports(path) if name.split(".")[0] not in sys.stdlib_module_names}
        assert {name for name in foreign if own_part(name) not in CONTRACT_PARTS} == set()


@each_module
def test_cold_sees_no_clock_and_no_socket(path):
    part = own_part(module_name(path))
    if part in {"session", "rtc", "depacketize"}:
        assert temperature(path) == "cold"
    if temperature(path) == "cold":
        assert {name.split(".")[0] for name in imports(path)} & CLOCKS_AND_SOCKETS == set()


@each_module
def test_sees_no_plane_it_must_not_see(path):
    name = module_name(path)
    seen = {own_part(imported) for imported in imports(path)}
    assert seen & FORBIDDEN.get(own_part(name), set()) == set()
    if name not in COMPOSITION_ROOTS:
        assert seen & {"cli", "router", "serve", "server"} == set()
        if own_part(name) not in FORBIDDEN:
            assert seen & (CONTROL_PLANE | MEDIA_PLANE) == set()


@each_module
def test_what_it_needs_is_declared(path):
    for top in {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"ovrouter"}:
        assert DECLARED & {name.lower() for name in DISTRIBUTIONS[top]}, f"{top} is not in pyproject.toml"


def test_the_rules_themselves_can_fail(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("import trio.testing\ndef f():\n    from ovrouter.media import plane\n")
    assert list(imports(path)) == ["trio.testing", "ovrouter.media.plane"]
    assert temperature(path) is None
    assert own_part("ovrouter.media.plane") == "media"
