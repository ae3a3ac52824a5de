"""The numbers of the texture stage."""

from dataclasses import dataclass


def preparing(area: int) -> int:
    """Return the cost of preparing a level of `area` pixels; see `Settings.costs`."""
    return area // 6


def enlarging(pixels: int) -> int:
    """Return the cost of enlarging a hole of `pixels` to twice the size; see `Settings.costs`."""
    return pixels // 2


@dataclass(frozen=True)
class Settings:
    """How texture is searched and blended. Levels are counted from the finest one searched.

    Attributes:
        radius: a patch has 2 radius + 1 pixels a side.
        core_pixels: pixels of the hole at most at the finest level that is searched; finer levels
            follow its matches.
        coarsest_depth: greatest depth of the hole at the coarsest level, in pixels.
        coarsest_side: shorter side of the coarsest level at least, in pixels.
        levels: at most this many halvings below the finest level searched.
        guide: weight of the guide against the patch, by level.
        guide_blur: sigma by which photograph and guide are blurred to be compared, in pixels.
        rounds: of search and vote, by level.
        stride: every how many rows and columns a patch is searched for, by level; the others
            take over what their neighbours found.
        first: weight of the patch in the first round of all, when it is the guide's own.
        sources: patches of the photograph to search among.
        agreement: rounds in which neighbours take over each other's matches.
        trust: grey levels by which the texture's colours may differ from the guide's.
        threads: more change no result.
    """

    radius: int = 3
    core_pixels: int = 400_000
    coarsest_depth: int = 6
    coarsest_side: int = 24
    levels: int = 5
    guide: tuple[float, ...] = (1.0, 1.0, 0.7, 0.4, 0.25)
    guide_blur: float = 2.0
    rounds: tuple[int, ...] = (1, 2, 3)
    stride: tuple[int, ...] = (4, 2, 1)
    first: float = 0.1
    sources: int = 100_000
    agreement: int = 4
    trust: float = 12.0
    threads: int = 2

    def halvings(self, pixels: int) -> int:
        """Return how often a picture is halved before it is searched, by pixels of its hole."""
        count = 0
        while pixels > self.core_pixels << (2 * count):
            count += 1
        return count

    def costs(self, pixels: int, depth: float, area: int) -> list[int]:
        """Return about the cost of each piece of work, in pixels of a round that take as long.

        `pixels` and `depth` are the hole's, `area` is the picture's; all in pixels.
        """
        count = self.halvings(pixels)
        costs = [enlarging(pixels >> (2 * n)) for n in range(count)]
        for level in range(self.levels + 1):
            by = 2 * (count + level)
            costs += [preparing(area >> by)]
            costs += [pixels >> by] * int(self.at("rounds", level))
            if depth / 2 ** (count + level) <= self.coarsest_depth:
                break
        return costs

    def at(self, name: str, level: int) -> float:
        """Return the number of a level; beyond the last, the last."""
        numbers = getattr(self, name)
        return numbers[min(level, len(numbers) - 1)]
