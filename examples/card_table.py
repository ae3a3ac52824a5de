"""The model card's table: one method's metrics with intervals, by group of pictures and kind of mask.

python examples/card_table.py scenes=REPORT buildings=REPORT faces=REPORT [--method METHOD]
"""

import argparse

from deepgin.evaluation.compare import masks_of, methods_of, values_of
from deepgin.evaluation.scores import Report
from deepgin.evaluation.statistics import mean_interval

METRICS = {"psnr": "PSNR, dB", "ssim": "SSIM", "l1_hole": "L1 in the hole"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", metavar="GROUP=REPORT")
    parser.add_argument("--method", help="the reports' first unless told")
    args = parser.parse_args()
    groups = dict(argument.split("=", 1) for argument in args.groups)
    print(
        f"| pictures | masks | {' | '.join(METRICS.values())} |\n|---|---|{'---|' * len(METRICS)}"
    )
    for group, path in groups.items():
        report = Report.read(path)
        method = args.method or methods_of(report)[0]
        for masks in masks_of(report):
            cells = []
            for metric in METRICS:
                found = values_of(report, method, metric)
                one = mean_interval([v for (name, _), v in found.items() if name == masks])
                digits = 2 if metric == "psnr" else 3
                cells.append(f"{one.mean:.{digits}f} [{one.low:.{digits}f}, {one.high:.{digits}f}]")
            print(f"| {group} ({report.pictures['count']}) | {masks} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
