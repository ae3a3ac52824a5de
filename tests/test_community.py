"""What stands around the code: citation, container, continuous integration."""

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

import deepgin
from deepgin.commands.serve import parser, settings_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_citation():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["type"]) == ("1.2.0", "software")
    assert (cited["version"], cited["license"]) == (deepgin.__version__, PROJECT["license"])
    assert {"message", "title", "authors"} <= set(cited)
    assert {"type", "title", "authors", "year", "url"} <= set(cited["preferred-citation"])


@pytest.fixture(scope="module")
def docker():
    """The Dockerfile's instructions in order, lines joined as Docker joins them."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def test_what_the_container_copies_is_there_and_not_ignored(docker):
    copied = [shlex.split(value)[:-1] for name, value in docker if name == "COPY"]
    sources = [source for each in copied for source in each]
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    assert rules[0] == "*"
    assert {f"!{source}" for source in sources} <= set(rules)
    assert all((ROOT / source).exists() for source in sources)
    for name in (PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml"):
        assert any(fnmatch(name, source) or name.startswith(f"{source}/") for source in sources)


def test_what_the_container_installs_and_runs(docker):
    values = dict(docker)  # of repeated instructions the last
    (extras,) = (value for name, value in docker if name == "ARG" and value.startswith("EXTRAS="))
    extras = set(extras.removeprefix("EXTRAS=").split(","))
    assert {"app"} <= extras <= set(PROJECT["optional-dependencies"])
    assert json.loads(values["ENTRYPOINT"]) == ["deepgin"]
    command, *options = json.loads(values["CMD"])
    assert command == "serve"
    settings = settings_of(parser().parse_args(options))
    assert settings.hears_all()
    assert settings.port == int(values["EXPOSE"])
    assert values["USER"] not in ("root", "0")


@pytest.mark.parametrize(("answer", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_container_s_health(docker, answer, code):
    command = json.loads(dict(docker)["HEALTHCHECK"].partition("CMD ")[2])
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
        script = command[2].replace(" 8000,", f" {port},")
        assert script != command[2]
        done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == code, done.stderr


def test_continuous_integration():
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    (job,) = flow["jobs"].values()
    versions = job["strategy"]["matrix"]["python"]
    assert f">={versions[0]}" == PROJECT["requires-python"]
    assert all(isinstance(version, str) for version in versions)  # 3.10 would be 3.1
    assert any(step.get("run") == ".ci/run" for step in job["steps"])
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_contributing_names_files_that_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    names = re.findall(r"`((?:src|tests|docs|benchmarks|\.ci)/[\w./-]*)`", text)
    assert names
    assert not [name for name in names if "NAME" not in name and not (ROOT / name).exists()]
