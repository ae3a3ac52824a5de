"""`deepgin app` as a process: its port, its browser, its end. The page is tested beside this."""

import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from deepgin.commands import main
from deepgin.service import server


@contextmanager
def app(weights, *options, **environment):
    command = [sys.executable, "-m", "deepgin", "app", "--weights", weights, "--device", "cpu"]
    process = subprocess.Popen(
        [*command, *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if "DISPLAY" not in k} | environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def run(*arguments):
    """Run a command; not in this thread, where the browser of other tests may have its loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(main, list(arguments)).result()


@contextmanager
def taken(port=0):
    """Take a port, unless another program has it."""
    with socket.socket() as other:
        try:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
        except OSError:
            assert port
        yield port or other.getsockname()[1]


def test_the_next_free_port_is_said_the_browser_opened_and_the_end_clean(weights, tmp_path):
    seen = tmp_path / "seen"
    os.mkfifo(seen)
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {seen}\n')
    script.chmod(0o700)
    with taken(8000), app(weights, BROWSER=f"{script} %s") as process:
        line = process.stderr.readline()
        found = re.fullmatch(
            r"deepgin: the page is at (http://127\.0\.0\.1:80\d\d), since port 8000 is taken "
            r"\(Ctrl-C ends it\)\n",
            line,
        )
        assert found, line
        assert seen.read_text().strip() == found[1]
        answer = httpx.get(found[1], timeout=60)
        assert "<title>DeepGIN</title>" in answer.text
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("token", [None, "mine"])
def test_a_phone_gets_an_address_with_a_token(monkeypatch, capsys, picture, token):
    kept = []

    def record(settings, listening, *, page, photo, ready):
        kept.append((settings, listening.getsockname()[1], page, photo))
        ready()

    monkeypatch.setattr(server, "run", record)
    monkeypatch.setenv("DEEPGIN_TOKEN", token or "")
    path = picture()
    assert run("app", str(path), "--host", "0.0.0.0", "--port", "0", "--no-browser") == 0
    [(settings, port, page, photo)] = kept
    assert (page, photo) == (True, path)
    assert settings.token == token if token else len(settings.token) >= 16
    own, others = capsys.readouterr().err.splitlines()
    assert f"http://localhost:{port}/#token={settings.token} " in own
    found = re.search(r"http://(\S+):(\d+)/#token=(\S+)$", others)
    assert found[1] not in ("localhost", "0.0.0.0")
    assert found.groups()[1:] == (str(port), settings.token)


@pytest.mark.parametrize("content", [None, b"no"])
def test_a_photo_that_cannot_be_opened_is_one_line(capsys, tmp_path, content):
    path = tmp_path / "a.jpg"
    if content:
        path.write_bytes(content)
    assert run("app", str(path), "--no-browser") == 1
    assert re.fullmatch(r"deepgin: [^\n]*a\.jpg[^\n]+\n", capsys.readouterr().err)


def test_a_port_that_was_asked_for_and_is_taken_is_one_line(weights, capsys):
    with taken() as port:
        code = run("app", "--weights", str(weights), "--port", str(port), "--no-browser")
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert re.fullmatch(rf"deepgin: 127\.0\.0\.1:{port} is taken [^\n]+\n", err), err


@pytest.mark.parametrize("command", [["app", "--no-browser"], ["serve", "--port", "0"]])
@pytest.mark.parametrize(
    "wrong", [("--weights", "none.safetensors"), ("--device", "cuda:99"), ("--sharpness", "0.5")]
)
def test_what_cannot_be_loaded_is_one_line(weights, capfd, command, wrong):
    assert run(*command, "--weights", str(weights), *wrong) != 0
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"deepgin: [^\n]+\n", err), err
