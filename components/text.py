"""Showing text that a model or a visitor wrote: as itself, never as Markdown or HTML."""

from __future__ import annotations

import re
import unicodedata

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~&^=@/])")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def printable(text: str) -> str:
    """The text without control characters and direction overrides; line breaks and tabs stay."""
    kept = (
        c
        for c in text
        if c in "\n\t" or (unicodedata.category(c) != "Cc" and c not in _BIDI_CONTROLS)
    )
    return "".join(kept)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in _BIDI_CONTROLS


def one_line(text: str, *, limit: int = 0) -> str:
    """The text on one line, cut with an ellipsis after `limit` characters (0: never)."""
    line = " ".join(printable(text).split())
    return line if not limit or len(line) <= limit else line[: limit - 1].rstrip() + "…"


def as_markdown(text: str, *, limit: int = 0) -> str:
    """One line that Markdown shows as written, in a reading direction of its own."""
    return _ISOLATE + _MARKDOWN.sub(r"\\\1", one_line(text, limit=limit)) + _END_ISOLATE


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun: "1 answer", "2,048 answers"."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def duration(seconds: float) -> str:
    """A time span as people say it: "8 s", "2 min 5 s", "1 h 10 min"; "" when not finite."""
    if not seconds < float("inf"):
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
