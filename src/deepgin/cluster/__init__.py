"""Filling very many pictures on a Ray cluster: units of work, workers, and manifests of results."""

from .job import Summary, Watcher, fill_all
from .progress import Lines
from .request import Request, absolute

__all__ = ["Lines", "Request", "Summary", "Watcher", "absolute", "fill_all"]
