"""One table of PSNR from several reports of `deepgin evaluate`, a group of pictures each.

python examples/groups_table.py scenes=SCENES buildings=BUILDINGS faces=FACES
"""

import sys

from deepgin.evaluation.compare import masks_of, methods_of, values_of
from deepgin.evaluation.scores import Report
from deepgin.evaluation.statistics import mean_interval


def main() -> None:
    groups = dict(argument.split("=", 1) for argument in sys.argv[1:])
    reports = {name: Report.read(path) for name, path in groups.items()}
    first = next(iter(reports.values()))
    sets = masks_of(first)
    counts = {name: report.pictures["count"] for name, report in reports.items()}
    heads = [f"{name} ({counts[name]}), {masks}" for name in reports for masks in sets]
    print(f"| method | {' | '.join(heads)} |\n|---|{'---:|' * len(heads)}")
    for method in methods_of(first):
        cells = []
        for report in reports.values():
            found = values_of(report, method, "psnr")
            for masks in sets:
                mean = mean_interval([v for (name, _), v in found.items() if name == masks]).mean
                cells.append(f"{mean:.2f}")
        print(f"| {method} | {' | '.join(cells)} |")
    size = first.pictures["size"]
    print(f"\nPSNR in dB of the 8-bit completed picture, whole picture, size {size}; masks:")
    for name, report in reports.items():
        told = ", ".join(f"{masks} `{report.masks[masks]['hash'][:16]}`" for masks in sets)
        print(f"{name} {told};")
    print(f"command: `{first.command}` for each group.")


if __name__ == "__main__":
    main()
