"""The scores as a Markdown table that says how they were made."""

from .protocol import Protocol
from .runner import Score


def markdown(protocol: Protocol, scores: list[Score], command: str) -> str:
    """Return a table of PSNR by method and kind, with definition, mask hashes and command."""
    kinds = protocol.kinds
    names = list(dict.fromkeys(score.method for score in scores))
    found = {(score.method, score.kind): score for score in scores}
    lines = [
        f"| method | {' | '.join(kinds)} | seconds a picture |",
        f"|---|{'---:|' * (len(kinds) + 1)}",
    ]
    for name in names:
        row = [found[name, kind] for kind in kinds]
        seconds = sum(score.seconds for score in row) / len(row)
        values = " | ".join(f"{score.psnr:.2f}" for score in row)
        lines.append(f"| {name} | {values} | {seconds:.3f} |")
    hashes = ", ".join(f"{kind} `{protocol.masks(kind).hash[:16]}`" for kind in kinds)
    lines += [
        "",
        (
            "PSNR in dB of the 8-bit completed picture, whole picture, mean over "
            f"{len(protocol.pictures())} pictures (centre square, Lanczos to {protocol.size}), "
            f"one mask of each kind a picture. Masks: {hashes}. Command: `{command}`."
        ),
    ]
    return "\n".join(lines)
