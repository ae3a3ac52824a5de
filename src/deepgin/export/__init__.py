"""Networks as files that run without this package: ONNX, and `torch.export`'s programs."""

from .files import CONTRACTS, export, export_graph

__all__ = ["CONTRACTS", "export", "export_graph"]
