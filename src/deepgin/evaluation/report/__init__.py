"""The report for people: an HTML page, and tables in Markdown."""

from .cases import Cases
from .markdown import comparison, markdown, markdown_of
from .page import html
from .tables import Cell, Table, by_coverage, by_masks, failures, of_masks

__all__ = [
    "Cases",
    "Cell",
    "Table",
    "by_coverage",
    "by_masks",
    "comparison",
    "failures",
    "html",
    "markdown",
    "markdown_of",
    "of_masks",
]
