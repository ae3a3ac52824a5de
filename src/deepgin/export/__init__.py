"""Networks as files that run without this package: ONNX, and `torch.export`'s programs."""

from .files import export, export_graph

__all__ = ["export", "export_graph"]
