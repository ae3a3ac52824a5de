"""Types of numbers that hold their ranges, beside those of jsonargparse."""

import math
from typing import TYPE_CHECKING, TypeAlias

from jsonargparse.typing import restricted_number_type

if TYPE_CHECKING:
    Beta: TypeAlias = float
    Scale: TypeAlias = float
    Weight: TypeAlias = float
    Seed: TypeAlias = int
    Threads: TypeAlias = int
else:
    Beta = restricted_number_type("Beta", float, [(">=", 0), ("<", 1)])
    Scale = restricted_number_type("Scale", float, [(">", 0), ("<=", 1)])
    Weight = restricted_number_type("Weight", float, [(">=", 0), ("<", math.inf)])
    Seed = restricted_number_type("Seed", int, [(">=", -(2**62)), ("<=", 2**62)])
    # Many more threads end the process.
    Threads = restricted_number_type("Threads", int, [(">=", 0), ("<=", 1024)])
