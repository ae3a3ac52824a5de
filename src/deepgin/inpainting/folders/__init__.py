"""Filling the pictures of a folder: pairing, planning, reading and writing beside the network."""

from ...console import Watcher, shown
from .fill import FolderRequest, fill_folder, fill_one
from .job import FolderSummary, reader, run
from .pairing import Pair, Pairs, find_pairs
from .plan import FolderPlan, JobOptions, Task, check_folders, parse_shard, plan
from .target import described, held, provenance, remove_leftovers

__all__ = [
    "FolderPlan",
    "FolderRequest",
    "FolderSummary",
    "JobOptions",
    "Pair",
    "Pairs",
    "Task",
    "Watcher",
    "check_folders",
    "described",
    "fill_folder",
    "fill_one",
    "find_pairs",
    "held",
    "parse_shard",
    "plan",
    "provenance",
    "reader",
    "remove_leftovers",
    "run",
    "shown",
]
