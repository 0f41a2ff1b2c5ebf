"""Text in files: what a spreadsheet would run as a formula is defused, what a format cannot hold is escaped; both are undone on reading."""

from __future__ import annotations

import re

_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_DEFUSED = re.compile("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_APOSTROPHES = re.compile("'*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|e)")

# what each format cannot hold as it stands
IN_LINES = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|^[\\s\"']|\\s$")
IN_XML = re.compile("[\\\\\x00-\x1f\x7f-\x9f\ufffe\uffff]|^\\s|\\s$")
IN_ASCII = re.compile("[^ !-\\[\\]-~]| $")


def defuse(text: str) -> str:
    """`text` behind an apostrophe where a spreadsheet would take it for a formula; plain numbers are left alone."""
    if text[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20'" and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def restore(text: str) -> str:
    """What `defuse` was given."""
    return text[1:] if text[:1] == "'" and _DEFUSED.match(text) else text


def defuse_or_mark(text: str) -> str:
    """As `defuse`, and empty text becomes one apostrophe: an empty cell is the absence of any text."""
    return f"'{text}" if _APOSTROPHES.fullmatch(text) else defuse(text)


def restore_marked(text: str) -> str:
    """What `defuse_or_mark` was given."""
    return text[1:] if text and _APOSTROPHES.fullmatch(text) else restore(text)


def escape(text: str, unsafe: re.Pattern[str]) -> str:
    """`text` with backslash escapes for what `unsafe` finds; empty text is `\\e`."""
    if not text:
        return "\\e"
    return unsafe.sub(_escape_one, text) if unsafe.search(text) else text


def _escape_one(match: re.Match[str]) -> str:
    return "".join(f"\\u{ord(ch):04x}" if ord(ch) < 0x10000 else f"\\U{ord(ch):08x}" for ch in match[0])


def unescape(text: str) -> str:
    """What `escape` was given."""
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else "", text) if "\\" in text else text
