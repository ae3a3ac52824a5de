"""The report as one self-contained HTML file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import DeepginError
from ..compare import NEARER_1, Difference, against_first, compared_value, differences, direction
from ..scores import PICTURES, Report
from .cases import Cases
from .figures import Histogram, figures, histogram
from .markdown import difference_cell, plain, size_in_words
from .tables import Table, by_coverage, by_masks, failures, number, of_masks, titled, unit_of

MOST_FAILURES = 200
"""The maximum number of failures that the page lists."""


def html(report: Report, folder: Path | str | None = None) -> str:
    """Return the report as a self-contained page, with figures of the pictures in the run's folder.

    Raises:
        DeepginError: Jinja is not installed.
    """
    cases = Cases(report)
    metric = cases.main_metric
    pictures = Path(folder) / PICTURES if folder is not None else None
    # The first method with values is compared with the others.
    first = next((name for name in cases.methods if cases.values(name, metric)), "")
    failed = failures(cases)
    return _template().render(
        report=report,
        size=size_in_words(report),
        metric=metric,
        unit=unit_of(cases, metric),
        from_1=direction(report, metric) == NEARER_1,
        first=first,
        sections=[*_sections(cases, first, metric, pictures)],
        summary=of_masks(cases, metric),
        coverage=[(titled(cases, name), by_coverage(cases, name)) for name in cases.metrics],
        failures=Table(failed.head, failed.rows[:MOST_FAILURES], names=failed.names),
        unlisted=len(failed.rows) - MOST_FAILURES,
        has_pictures=bool(pictures and pictures.is_dir()),
        number=number,
    )


def _sections(
    cases: Cases, first: str, metric: str, pictures: Path | None
) -> Iterator[dict[str, Any]]:
    """Yield what the page shows of each mask set."""
    pairs = against_first([first, *(name for name in cases.methods if name != first)])
    every = differences(cases.report, cases.report, pairs, [metric]) if first else []
    for masks in cases.masks:
        about = cases.report.masks.get(masks, {})
        yield {
            "name": masks,
            "definition": about.get("definition", ""),
            "hash": about.get("hash", ""),
            "table": by_masks(cases, masks),
            "against": [
                {"difference": one, "cell": difference_cell(cases, one), "bars": _bars(cases, one)}
                for one in every
                if one.masks == masks and one.shared
            ],
            "figures": figures(cases, masks, first, metric, pictures) if pictures and first else [],
        }


def _bars(cases: Cases, one: Difference) -> Histogram:
    a, b = cases.values(one.first, one.metric), cases.values(one.second, one.metric)
    shared = [case for case in a if case in b and case[0] == one.masks]
    pairs = [[compared_value(x[case], one.better) for x in (a, b)] for case in shared]
    return histogram([first - second for first, second in pairs], one.better)


def _template() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise DeepginError(
            "the page of a report needs Jinja", mend="pip install 'deepgin[evaluate]'"
        ) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates", encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


def _printable(value: Any) -> Any:
    # Macros return markup, which has line breaks.
    return value if hasattr(value, "__html__") else plain(value)
