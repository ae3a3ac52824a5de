"""Filling very many pictures on a Ray cluster: units of work, workers, and manifests of results."""

from .job import ClusterSummary, Watcher, fill_all
from .request import ClusterRequest, absolute

__all__ = ["ClusterRequest", "ClusterSummary", "Watcher", "absolute", "fill_all"]
