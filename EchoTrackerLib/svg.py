"""Pieces of pictures as SVG text: the same input gives the same bytes, without a drawing library."""

from __future__ import annotations

from html import escape


def ticks(count: int) -> list[int]:
    """Return at most about eight of so many frames to write numbers at, the first included."""
    return list(range(0, count, max(1, -(-count // 8))))


def open_svg(width: int, height: int, title: str) -> str:
    """Return the opening tag of a picture of that many px."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="10" role="img" aria-label="{escape(title)}">'
    )
