"""What stands around the code: citation, contributing, container, continuous integration."""

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import deepgin
from deepgin.commands import COMMANDS
from deepgin.commands.serve import parser, settings_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_citation():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    assert cited["authors"] == [{"name": "The DeepGIN contributors"}]
    assert cited["version"] == deepgin.__version__
    assert cited["license"] == PROJECT["project"]["license"]
    paper = cited["preferred-citation"]
    assert {"type", "title", "authors", "year"} <= set(paper)
    assert [one["family-names"] for one in paper["authors"]] == ["Li", "Siu", "Liu", "Wang", "Lun"]
    assert paper["year"] == 2020
    assert "2008.07173" in paper["url"]
    assert paper["title"] in " ".join((ROOT / "README.md").read_text().split())


def test_contributing_names_what_is_there():
    named = re.findall(r"`((?:src|tests|docs|benchmarks|\.ci)/[\w./-]*)`", CONTRIBUTING)
    named += re.findall(r"`([\w]+\.(?:toml|txt))`", CONTRIBUTING)
    assert len(named) > 15
    missing = [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("masks.kinds", "VARIATIONS"),
        ("masks.kinds", "KINDS"),
        ("masks.draws", "Draws"),
        ("evaluation.methods.classical", "CLASSICAL"),
        ("evaluation.methods.classical", "classical_of"),
        ("network.variants", "_VARIANTS"),
        ("network.variants", "Variant"),
        ("training.recipe", "LossRecipe"),
        ("training.objective", "Objective.generator"),
        ("commands", "COMMANDS"),
        ("commands.parsing", "Parser"),
    ],
)
def test_contributing_names_what_the_code_has(module, name):
    assert f"`{name}`" in CONTRIBUTING
    found = import_module(f"deepgin.{module}")
    for part in name.split("."):
        found = getattr(found, part)


def test_contributing_names_targets_of_make():
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"make (\w[\w-]*)  ", CONTRIBUTING)) <= set(targets)
    commands = set(re.findall(r"`deepgin (\w+)", CONTRIBUTING))
    assert commands
    assert commands <= set(COMMANDS)


@pytest.fixture(scope="module")
def docker():
    """The Dockerfile's instructions in order, lines joined as Docker joins them."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    text = text.replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def _only(docker, name):
    (value,) = (value for instruction, value in docker if instruction == name)
    return value


def test_what_the_container_copies_is_there_and_not_ignored(docker):
    copied = [shlex.split(value)[:-1] for name, value in docker if name == "COPY"]
    sources = [source for each in copied for source in each]
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    assert rules[0] == "*"
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in rules
    assert set(rules[1:]) == {f"!{source}" for source in sources} | {
        "**/__pycache__",
        "**/*.egg-info",
    }
    # All that building a wheel reads.
    needed = [PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"]
    for name in needed:
        assert any(fnmatch(name, source) or name.startswith(f"{source}/") for source in sources)


def test_what_the_container_installs(docker):
    run = next(value for name, value in docker if name == "RUN" and "pip install" in value)
    (default,) = (value for name, value in docker if name == "ARG" and value.startswith("EXTRAS="))
    names = default.removeprefix("EXTRAS=").split(",")
    assert set(names) <= set(PROJECT["project"]["optional-dependencies"])
    assert "app" in names
    assert "-c constraints.txt" in run
    assert '".[${EXTRAS}]"' in run


def test_what_the_container_runs(docker):
    assert json.loads(_only(docker, "ENTRYPOINT")) == ["deepgin"]
    command, *options = json.loads(_only(docker, "CMD"))
    assert command == "serve"
    settings = settings_of(parser().parse_args(options))
    assert settings.hears_all()
    assert settings.port == int(_only(docker, "EXPOSE"))
    assert _only(docker, "USER") not in ("root", "0")
    names = [name for name, _ in docker]
    assert names.index("USER") < names.index("ENTRYPOINT")


@pytest.mark.parametrize(("answer", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_container_s_health(docker, answer, code):
    command = json.loads(_only(docker, "HEALTHCHECK").partition("CMD ")[2])
    assert command[:2] == ["python", "-c"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(answer if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_port
        if answer:
            threading.Thread(target=server.handle_request, daemon=True).start()
        else:
            server.server_close()
        assert " 8000," in command[2]
        script = command[2].replace(" 8000,", f" {port},")
        done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == code, done.stderr


def test_continuous_integration():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = flow["jobs"].values()
    versions = job["strategy"]["matrix"]["python"]
    assert f">={versions[0]}" == PROJECT["project"]["requires-python"]
    assert all(isinstance(version, str) for version in versions)  # 3.10 would be 3.1
    steps = job["steps"]
    assert any(step.get("run") == ".ci/run" for step in steps)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in used)
