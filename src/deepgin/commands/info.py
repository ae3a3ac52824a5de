"""`deepgin info [WEIGHTS] [--json]`."""

import json
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from .parsing import Parser


def parser() -> Parser:
    """Return the command's parser."""
    p = Parser("info", "Show what weights say of themselves, the variants, and this machine.")
    p.add_argument("weights", nargs="?", help="weights, as for --weights; else the package's own")
    p.add_argument("--width", type=int, default=64, help="of the table of variants")
    p.add_argument("--json", action="store_true", help="print JSON")
    return p


def run(args: Any) -> None:
    """Collect and print."""
    facts = collect(args.weights, args.width)
    print(json.dumps(facts, indent=2)) if args.json else _print(facts)


def collect(weights: str | None, width: int) -> dict[str, Any]:
    """Return the facts that the command prints; what PyTorch alone can say is None without it."""
    from ..network import variant, variants
    from ..runtimes.choice import card_of_file
    from ..version import __version__
    from ..weights import file_hash, local_path

    path = local_path(weights)
    torch = find_spec("torch") is not None
    table = []
    for name in variants():
        row = {"name": name, "row": variant(name).row, "paper": variant(name).paper}
        table.append(row | {"parameters": _parameters(name, width) if torch else None})
    return {
        "version": __version__,
        "code_licence": "Apache-2.0",
        "weights": {"file": str(path), "sha256": file_hash(path)} | asdict(card_of_file(path)),
        "variants": {"width": width, "rows": table},
        "machine": _machine() if torch else {"torch": None},
        "onnxruntime": version("onnxruntime") if find_spec("onnxruntime") else None,
    }


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


def _print(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    weights, machine = facts["weights"], facts["machine"]
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print(f"deepgin {facts['version']} (code: {facts['code_licence']})")
    if machine["torch"]:
        console.print(
            f"machine: torch {machine['torch']}, {machine['device']}, {machine['precision']}, "
            f"{machine['threads']} threads"
        )
    console.print(f"ONNX Runtime: {facts['onnxruntime'] or 'not installed'}")
    console.print(f"weights: {weights['file']}")
    console.print(f"  {weights['network']}, width {weights['width']}")
    if weights["sharpness"] is not None:
        told = f"sharpness {weights['sharpness']:g} unless --sharpness says another"
        console.print(f"  two sets, soft and sharp; {told}")
    console.print(f"  licence {weights['licence']}")
    console.print(f"  sha256 {weights['sha256']}")
    for name, value in weights["training"].items():
        console.print(f"  {name}: {value}")
    table = Table("variant", "Table 1 row", f"parameters (width {facts['variants']['width']})")
    table.columns[2].justify = "right"
    for row in facts["variants"]["rows"]:
        table.add_row(row["name"], row["row"], _count(row["parameters"]))
    console.print(table)


def _count(parameters: int | None) -> str:
    return "-" if parameters is None else f"{parameters:,}"
