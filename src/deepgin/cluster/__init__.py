"""Filling very many pictures on a Ray cluster: units of work, workers, and manifests of results."""

from .job import Summary, Watcher, fill_all
from .request import Request, absolute

__all__ = ["Request", "Summary", "Watcher", "absolute", "fill_all"]
