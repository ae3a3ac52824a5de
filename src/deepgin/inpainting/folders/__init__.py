"""Filling the pictures of a folder: pairing, planning, reading and writing beside the network."""

from .fill import Request, fill_folder, fill_one
from .job import Summary, Watcher, run
from .names import mask_stems, shown
from .pairing import Pair, Pairs, find_pairs
from .plan import JobOptions, Plan, Task, check_folders, parse_shard, plan
from .provenance import provenance
from .reading import reader
from .shelf import Shelf, TwoFitError
from .target import held, remove_leftovers
from .walk import walk

__all__ = [
    "JobOptions",
    "Pair",
    "Pairs",
    "Plan",
    "Request",
    "Shelf",
    "Summary",
    "Task",
    "TwoFitError",
    "Watcher",
    "check_folders",
    "fill_folder",
    "fill_one",
    "find_pairs",
    "held",
    "mask_stems",
    "parse_shard",
    "plan",
    "provenance",
    "reader",
    "remove_leftovers",
    "run",
    "shown",
    "walk",
]
