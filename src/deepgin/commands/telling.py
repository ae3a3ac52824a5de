"""What commands say in the end."""


def counted(**counts: int) -> str:
    """Return `3 filled, 1 failed`, without what did not occur."""
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
