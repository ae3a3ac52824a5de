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
    ("hosts", "loopback", "everywhere"),
    [
        ("127.0.0.1 127.0.0.9 ::1 localhost", True, False),
        ("0.0.0.0 ::", False, True),
        ("192.168.0.4 fill.example", False, False),
    ],
)
def test_who_can_reach_it(hosts, loopback, everywhere):
    for host in hosts.split():
        settings = Settings(host=host)
        assert (settings.is_loopback(), settings.hears_all()) == (loopback, everywhere)
    assert Settings(host="").hears_all()


def test_the_token_from_a_file_or_the_environment(tmp_path, monkeypatch):
    assert "secret" not in repr(Settings(token="secret"))
    monkeypatch.delenv("DEEPGIN_TOKEN", raising=False)
    assert read_token(None) == ""
    monkeypatch.setenv("DEEPGIN_TOKEN", "from-environment")
    assert read_token(None) == "from-environment"
    for name, content in (("token", b"from-file\n"), ("empty", b"\n"), ("bytes", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
    assert read_token(tmp_path / "token") == "from-file"
    for name, kind in (("none", DeepginError), ("bytes", DeepginError), ("empty", UsageError)):
        with pytest.raises(kind, match=name):
            read_token(tmp_path / name)
