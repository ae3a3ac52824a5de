"""Filling very many pictures on a Ray cluster: units of work, workers, and manifests of results."""

from .job import Watcher, fill_all
from .request import ClusterRequest, absolute

__all__ = ["ClusterRequest", "Watcher", "absolute", "fill_all"]
