"""What settings are refused, and where the token comes from."""

import pytest

from deepgin.errors import DeepginError, UsageError
from deepgin.service.settings import Limits, Settings, read_token


@pytest.mark.parametrize(
    ("made", "values"),
    [
        (Limits, {"bytes": 0}),
        (Limits, {"pixels": 0}),
        (Limits, {"pixels": 10**9}),
        (Limits, {"seconds": 0}),
        (Limits, {"seconds": float("nan")}),
        (Limits, {"queue": 0}),
        (Settings, {"port": 65536}),
        (Settings, {"port": -1}),
        (Settings, {"gather_seconds": 2}),
        (Settings, {"together": 0}),
        (Settings, {"token": "two words"}),
        (Settings, {"token": "sécret"}),
        (Settings, {"root_path": "fill"}),
        (Settings, {"allowed_origins": ("example.org/a",)}),
    ],
)
def test_values_that_do_not_work(made, values):
    with pytest.raises(UsageError) as raised:
        made(**values)
    assert [raised.value.field] == [*values]


@pytest.mark.parametrize(
    ("host", "loopback", "everywhere"),
    [
        ("127.0.0.1", True, False),
        ("127.0.0.9", True, False),
        ("::1", True, False),
        ("localhost", True, False),
        ("0.0.0.0", False, True),
        ("::", False, True),
        ("", False, True),
        ("192.168.0.4", False, False),
        ("fill.example", False, False),
    ],
)
def test_who_can_reach_it(host, loopback, everywhere):
    settings = Settings(host=host)
    assert (settings.is_loopback(), settings.hears_all()) == (loopback, everywhere)


def test_the_token_is_not_shown():
    assert "secret" not in repr(Settings(token="secret"))


def test_the_token_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPGIN_TOKEN", raising=False)
    assert read_token(None) == ""
    monkeypatch.setenv("DEEPGIN_TOKEN", "from-environment")
    assert read_token(None) == "from-environment"
    (tmp_path / "token").write_text("from-file\n")
    assert read_token(tmp_path / "token") == "from-file"
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UsageError, match="empty is empty"):
        read_token(tmp_path / "empty")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name, said in [("none", "no such token file"), (".", "cannot be read"), ("bytes", "text")]:
        with pytest.raises(DeepginError, match=said):
            read_token(tmp_path / name)
