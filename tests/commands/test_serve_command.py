"""`deepgin serve`: its options become settings; what cannot be is one line."""

import subprocess
import sys

import pytest

from deepgin.service import server
from deepgin.service.server import listen
from deepgin.weights.model import Model


@pytest.fixture(autouse=True)
def _no_token(monkeypatch):
    monkeypatch.delenv("DEEPGIN_TOKEN", raising=False)


@pytest.fixture
def served(deepgin, monkeypatch):
    """Runs the command without serving; returns its settings and stderr."""

    def run(*arguments):
        kept = []

        def record(settings, listening, *, page, ready, access_log):
            kept.append(settings)
            assert page == ("--page" in arguments)
            ready()

        monkeypatch.setattr(server, "run", record)
        code, out, err = deepgin("serve", "--port", 0, *arguments)
        assert (code, out) == (0, ""), err
        return kept[0], err

    return run


def test_defaults(served):
    settings, err = served()
    assert "page" not in err
    assert settings.is_loopback()
    assert settings.limits.bytes == 64 << 20
    assert settings.limits.pixels == 64_000_000
    assert (settings.limits.seconds, settings.limits.queue) == (60, 32)
    assert (settings.model, settings.token) == (Model(), "")
    assert "serving at http://127.0.0.1:" in err
    assert "warning" not in err


def test_every_option(served, tmp_path):
    (tmp_path / "token").write_text("secret")
    settings, err = served(
        *("--host", "0.0.0.0", "--weights", "w", "--device", "cpu", "--precision", "float32"),
        *("--max-megabytes", 1, "--max-megapixels", 2, "--queue", 3, "--timeout", 4.5),
        *("--token-file", tmp_path / "token", "--allow-hosts", "a.example, b.example"),
        *("--gather-ms", 7, "--together", 2, "--sharpness", 0.3, "--page"),
        *("--allow-origins", "HTTPS://a.example, null,file://", "--root-path", "/fill/"),
    )
    assert "with the page at http://" in err
    assert (settings.host, settings.token) == ("0.0.0.0", "secret")
    assert settings.model == Model("w", "cpu", "float32", 0.3)
    limits = settings.limits
    assert (limits.bytes, limits.pixels, limits.seconds, limits.queue) == (1 << 20, 2e6, 4.5, 3)
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert (settings.gather_seconds, settings.together) == (0.007, 2)
    assert settings.allowed_origins == ("https://a.example", "null", "file://")
    assert settings.root_path == "/fill"
    assert "warning" not in err
    assert "secret" not in err


def test_open_to_others_without_a_token_is_warned_of(served, monkeypatch):
    _, err = served("--host", "0.0.0.0")
    assert "--token-file" in err
    monkeypatch.setenv("DEEPGIN_TOKEN", "secret")
    settings, err = served("--host", "0.0.0.0")
    assert settings.token == "secret"
    assert "warning" not in err


def test_a_taken_port(fails):
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} is taken" in fails(2, "serve", "--port", port)


def test_without_the_extra(fails, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("deepgin.service")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    message = fails(1, "serve", "--port", 0)
    assert message == "deepgin: uvicorn is missing: pip install 'deepgin[app]'"


def test_help_waits_for_neither_torch_nor_fastapi():
    code = (
        "import sys; from deepgin.commands import serve; serve.parser().format_help();"
        "print({'torch', 'fastapi', 'uvicorn'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
