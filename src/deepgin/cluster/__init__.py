"""Filling very many pictures on a Ray cluster: units of work, workers, and manifests of results."""

from .job import ClusterSummary, Watcher, fill_all
from .progress import Lines
from .request import ClusterRequest, absolute

__all__ = ["ClusterRequest", "ClusterSummary", "Lines", "Watcher", "absolute", "fill_all"]
