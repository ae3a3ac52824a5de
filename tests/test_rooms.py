"""The order of the rooms: a room imports only rooms below it, and no modules form a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import deepgin

PACKAGE = Path(deepgin.__file__).parent

# From the ground floor up, as the design lists them. A room may import those before it.
ROOMS = (
    *("errors", "version", "lazy", "files", "devices", "arrays", "console"),
    *("network", "masks", "pictures", "weights", "runtimes", "texture", "inpainting"),
    *("perceptual", "losses", "metrics", "testsets", "training", "evaluation", "experiments"),
    *("export", "service", "cluster", "commands", "__main__", "__init__"),
)


def name_of(path: Path) -> str:
    """Return a module's name below the package; of a package's `__init__`, the package's name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(name: str) -> set[str]:
    """Return the modules of the package that a module imports, within functions too."""
    path = MODULES[name]
    package = ["deepgin", *path.relative_to(PACKAGE).parts[:-1]]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            full = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *filter(None, [node.module])])
            full = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        names |= {module_of(one.split(".")[1:]) for one in full if one.split(".")[0] == "deepgin"}
    return names - {name}


def module_of(parts: list[str]) -> str:
    """Return the module that a dotted name is, or is in."""
    while parts and ".".join(parts) not in MODULES:
        parts = parts[:-1]
    return ".".join(parts) or "__init__"


def room_of(name: str) -> str:
    """Return the room that a module is in, or is."""
    return name.split(".")[0]


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    return {name: imported(name) for name in MODULES}


def test_every_room_has_its_place():
    assert {room_of(name) for name in MODULES} <= set(ROOMS)


def test_no_module_imports_a_room_above_its_own(graph):
    upward = {
        (name, other)
        for name, others in graph.items()
        for other in others
        if ROOMS.index(room_of(other)) > ROOMS.index(room_of(name))
    }
    assert not upward


def test_no_modules_import_each_other_in_a_circle(graph):
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_imports_are_read_wherever_they_stand():
    assert "evaluation.evaluate" in imported("commands.evaluate")  # within a function


def test_libraries_print_nothing():
    """Commands and the console print; the other rooms return."""
    printing = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "print"
    }
    allowed = {"console"}
    assert not {name for name in printing - allowed if room_of(name) != "commands"}
