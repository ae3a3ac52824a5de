"""Draw pairs of two methods' fills from a report, left and right by lot, to be judged by eye.

python examples/pairs.py REPORT blob deepgin deepgin:texture SHEETS --count 30

Each row of a sheet is the hole, one fill and the other, at full size; `key.csv` tells which is which.
With `--names faces/05.jpg.png` those pictures alone are drawn, the first method always on the left.
"""

import argparse
import csv
import random
from pathlib import Path

import numpy as np
from PIL import Image

WINDOW = 460
ROWS = 3
GAP = 8


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    for name in ("report", "masks", "first", "second", "output"):
        p.add_argument(name)
    p.add_argument("--count", type=int, default=30)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--names", nargs="+", metavar="PICTURE")
    args = p.parse_args()
    kept, output = Path(args.report) / "pictures", Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    holes = kept / "hole" / args.masks
    names = sorted(f.relative_to(holes) for f in holes.rglob("*.png"))
    if args.names:
        names = [name for name in names if name.as_posix() in args.names]
    lot = random.Random(args.seed)
    lot.shuffle(names)
    key, rows = [], []
    for name in sorted(names[: args.count]):
        sides = [args.first, args.second]
        if not args.names and lot.random() < 0.5:
            sides.reverse()
        key.append((name.as_posix(), *sides))
        rows.append(_row(kept, name, args.masks, sides))
    for number in range(0, len(rows), ROWS):
        part = rows[number : number + ROWS]
        Image.fromarray(np.concatenate(part)).save(output / f"{number // ROWS + 1:02}.png")
    with (output / "key.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("picture", "left", "right"), *key])
    print(f"wrote {len(rows)} pairs below {output}")


def _row(kept: Path, name: Path, masks: str, sides: list[str]) -> np.ndarray:
    shown = [Path("hole") / masks, *(Path(side.replace(":", "_")) / masks for side in sides)]
    pictures = [np.asarray(Image.open(kept / one / name).convert("RGB")) for one in shown]
    truth = np.asarray(Image.open(kept / "truth" / name).convert("RGB"))
    missing = np.argwhere((pictures[0] != truth).any(-1))
    top, left = (
        int(np.clip(np.median(missing[:, axis]) - WINDOW / 2, 0, max(0, side - WINDOW)))
        for axis, side in enumerate(truth.shape[:2])
    )
    row = np.full((WINDOW + GAP, len(pictures) * (WINDOW + GAP), 3), 255, np.uint8)
    for place, picture in enumerate(pictures):
        part = picture[top : top + WINDOW, left : left + WINDOW]
        at = place * (WINDOW + GAP)
        row[: part.shape[0], at : at + part.shape[1]] = part
    return row


if __name__ == "__main__":
    main()
