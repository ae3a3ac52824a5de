"""Choosing device and precision."""

import pytest
import torch

from deepgin import devices
from deepgin.devices import autocast, choose_device, choose_precision, keep_freed_memory
from deepgin.errors import UsageError

CPU = torch.device("cpu")


def _have(monkeypatch: pytest.MonkeyPatch, *, cuda: bool, mps: bool) -> None:
    """Pretend to have these devices, and that tensors can be made on them."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch, "empty", lambda *args, **kwargs: None)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_there_is(cuda, mps, expected, monkeypatch) -> None:
    _have(monkeypatch, cuda=cuda, mps=mps)
    assert choose_device().type == choose_device("auto").type == expected
    assert choose_device("cpu") == CPU
    assert choose_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.parametrize(
    "name",
    # Of torch's own: those without hardware here, without a module, and without contents.
    ["", "gpu", "tpu", "cpu:x", "CPU", "cuda:99", "xpu", "hpu", "privateuseone", "meta"],
)
def test_unknown_and_absent_devices_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}'"):
        choose_device(name)


@pytest.mark.parametrize("name", ["", "float16", "fp32", "BF16"])
def test_unknown_precisions_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}'.*auto, float32, bf16"):
        choose_precision(CPU, name)


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"),
    [
        (True, False, torch.bfloat16),
        (False, True, torch.bfloat16),
        (False, False, torch.float32),
        (None, True, torch.bfloat16),  # a torch without one of the probes, which are private
        (None, None, torch.float32),
    ],
)
def test_auto_takes_bf16_on_cpus_that_multiply_it(avx512, amx, expected, monkeypatch) -> None:
    for probe, answer in (("_is_avx512_bf16_supported", avx512), ("_is_amx_tile_supported", amx)):
        if answer is None:
            monkeypatch.delattr(torch.cpu, probe)
        else:
            monkeypatch.setattr(torch.cpu, probe, lambda answer=answer: answer)
    assert choose_precision(CPU) == choose_precision(CPU, "auto") == expected


@pytest.mark.parametrize(
    ("device", "capability", "expected"),
    [
        ("cuda", (7, 5), torch.float32),
        ("cuda", (8, 0), torch.bfloat16),
        ("cuda", (10, 0), torch.bfloat16),
        ("mps", None, torch.float32),
    ],
)
def test_auto_takes_bf16_from_ampere_on(device, capability, expected, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert choose_precision(torch.device(device)) == expected
    assert choose_precision(torch.device(device), "float32") == torch.float32
    assert choose_precision(torch.device(device), "bf16") == torch.bfloat16


def test_the_probes_are_those_of_this_torch() -> None:
    """Were they renamed, `auto` would become slow everywhere."""
    assert isinstance(torch.cpu._is_avx512_bf16_supported(), bool)
    assert isinstance(torch.cpu._is_amx_tile_supported(), bool)


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("callers", [False, True])
def test_autocast_is_on_for_bf16_alone_whatever_the_caller_s(precision, callers, recwarn) -> None:
    convolution, x = torch.nn.Conv2d(1, 1, 1), torch.ones(1, 1, 4, 4)
    with torch.autocast("cpu", torch.bfloat16, enabled=callers), autocast(CPU, precision):
        assert convolution(x).dtype == precision
    assert convolution(x).dtype == torch.float32
    assert not recwarn.list


@pytest.mark.parametrize("error", [OSError, AttributeError])
def test_without_glibc_keeping_memory_does_nothing(error: type[Exception], monkeypatch) -> None:
    def absent(*args: object) -> None:
        raise error

    monkeypatch.setattr(devices.ctypes, "CDLL", absent)
    keep_freed_memory()
