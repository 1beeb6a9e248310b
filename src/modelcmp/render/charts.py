"""Bars: a number from 0 to 100 as text, always on the same scale, the number always printed beside."""

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


def text_bar(value: float, cells: int, *, ascii_only: bool = False) -> str:
    """Return a bar of `cells` characters for a value from 0 to 100.

    >>> text_bar(57, 10)
    '█████▋····'
    >>> text_bar(57, 10, ascii_only=True)
    '######....'
    """
    value = min(100.0, max(0.0, value))
    if ascii_only:
        filled = round(value * cells / 100)
        return "#" * filled + "." * (cells - filled)
    eighths = round(value * cells * 8 / 100)
    bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
    return bar + "·" * (cells - len(bar))
