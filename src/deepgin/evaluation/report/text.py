"""Formatting of numbers, and of names, which come from files and may hold any character."""

import math
import re

NOTHING = "–"


def plain(text: object) -> str:
    """Return text without unprintable characters: control and direction marks, broken Unicode."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in str(text)
    )


def escaped(text: object) -> str:
    """Return text escaped for a cell of a Markdown table."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Escape a bracket only where it could make a link; intervals have many.
    return re.sub(r"([\\|`*]|\](?=[(\[]))", r"\\\1", text)


def code(text: object) -> str:
    """Return text as code in Markdown, outside of tables."""
    text = plain(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{text}{space}{fence}"


def number(value: float, digits: int, sign: bool = False) -> str:
    """Return a number with `digits` decimals; `–` for NaN."""
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    # Without this, two decimals of -0.001 are -0.00.
    return text.replace("-", "+" if sign else "") if not float(text) else text


def interval(low: float, high: float, digits: int, sign: bool = False) -> str:
    """Return `[low, high]`; empty if either is not finite."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{number(low, digits, sign)}, {number(high, digits, sign)}]"


def counted(count: int, what: str) -> str:
    """Return `1 picture`, `2 pictures`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
