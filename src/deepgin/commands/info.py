"""`deepgin info [WEIGHTS] [--json]`."""

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import DeepginError, on_command_line
from .parsing import Parser, add_contract


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser(
        "info",
        "Show version, weights, machine and variants.",
        ("deepgin info", "deepgin info my.safetensors --json"),
    )
    p.add_argument("weights", nargs="?", help="as --weights of other commands")
    add_contract(p)
    p.add_argument("--width", type=int, default=64, help="count the variants' parameters at it")
    p.add_argument(
        "--json", action="store_true", help="print everything, training and parameters too"
    )
    return p


def run(args: Any) -> None:
    """Collect and print."""
    facts = collect(args.weights, args.width, args.contract)
    print(json.dumps(facts, indent=2) if args.json else "\n".join(_lines(facts)))


def collect(weights: str | None, width: int, stated: str = "") -> dict[str, Any]:
    """Return what the command prints; without PyTorch, what needs it is None."""
    from ..network import variant, variants
    from ..runtimes.choice import facts_of
    from ..version import __version__
    from ..weights import Model, file_hash, local_path

    path, about = local_path(weights), facts_of(Model(weights, contract=stated))
    torch = find_spec("torch") is not None
    table = []
    for name in variants():
        row = {"name": name, "row": variant(name).row, "paper": variant(name).paper}
        table.append(row | {"parameters": _parameters(name, width) if torch else None})
    return {
        "version": __version__,
        "code_licence": "Apache-2.0",
        "weights": {"file": str(path), "sha256": file_hash(path)} | about,
        "variants": {"width": width, "rows": table},
        "machine": _machine() if torch else {"torch": None},
        "onnxruntime": _version("onnxruntime"),
        "openvino": _version("openvino"),
        "runtime": _runtime(path),
    }


def _version(package: str) -> str | None:
    return version(package) if find_spec(package) else None


def _runtime(path: Path) -> dict[str, str]:
    from ..runtimes.choice import choose
    from ..weights import Model

    try:
        name, why = choose(Model(path))
    except DeepginError as error:  # the command is there to say what is wrong
        return {"name": "none", "why": error.spelled(on_command_line)}
    return {"name": name, "why": why}


def _parameters(name: str, width: int) -> int:
    import torch

    from ..network import Generator

    with torch.device("meta"):
        return sum(p.numel() for p in Generator(name, width).parameters())


def _machine() -> dict[str, Any]:
    import torch

    from ..devices import choose_device, choose_precision

    device = choose_device()
    return {
        "torch": torch.__version__,
        "device": str(device),
        "precision": str(choose_precision(device)).removeprefix("torch."),
        "threads": torch.get_num_threads(),
    }


def _lines(facts: dict[str, Any]) -> list[str]:
    weights, machine = facts["weights"], facts["machine"]
    torch = machine["torch"] and (
        f"{machine['torch']} on {machine['device']}, {machine['precision']}, "
        f"{machine['threads']} threads"
    )
    return [
        f"deepgin {facts['version']}, code {facts['code_licence']}",
        f"PyTorch: {torch or 'not installed'}",
        f"ONNX Runtime: {facts['onnxruntime'] or 'not installed'}",
        f"OpenVINO: {facts['openvino'] or 'not installed'}",
        f"runtime of these weights: {facts['runtime']['name']} ({facts['runtime']['why']})",
        f"weights: {weights['file']}",
        *_about(weights),
        f"  sha256: {weights['sha256']}",
        f"variants: {', '.join(row['name'] for row in facts['variants']['rows'])}",
        "training, preprocessing and parameters: deepgin info --json",
    ]


def _about(weights: dict[str, Any]) -> list[str]:
    if contract := weights.get("contract"):
        facts = {key: value for key, value in contract.items() if key != "network" and value}
        size = contract["size"]
        facts["size"] = f"{size[1]}x{size[0]}" if size else "free"
        facts["hole"] = contract["hole"]
        text = ", ".join(f"{key.replace('_', '-')}={value}" for key, value in facts.items())
        notes = [f"  note: {note}" for note in weights["notes"]]
        return [f"  network: {weights['network']}", f"  contract: {text}", *notes]
    default = weights["sharpness"]
    sharpness = "one set of weights" if default is None else f"0 to 1, default {default:g}"
    return [
        f"  network: {weights['network']}, width {weights['width']}",
        f"  sharpness: {sharpness}",
        f"  licence: {weights['licence']}",
    ]
