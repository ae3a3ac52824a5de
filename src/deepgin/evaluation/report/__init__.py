"""The report for people: an HTML page, and tables in Markdown."""

from .markdown import comparison, markdown
from .page import html

__all__ = ["comparison", "html", "markdown"]
