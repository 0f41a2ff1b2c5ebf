"""Text that people write, as safe HTML."""

from __future__ import annotations

import re

from django.utils.safestring import SafeString, mark_safe

ALLOWED_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "strong", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
EXTENSIONS = ["fenced_code", "tables", "sane_lists", "nl2br"]
# an image is one that was attached to a comment of this site: it goes through the door that asks who may see it
OWN_IMAGE = re.compile(r"/(?:[\w.~-]+/)*comments/attachment/\d{1,18}/")
EMPTY_IMAGE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if OWN_IMAGE.fullmatch(value) else None
    return value


def markdown_to_html(text: str | None) -> SafeString:
    """Markdown to HTML without anything that could run, load from elsewhere or imitate a page.

    Links are http(s), mailto or of this site and carry no referrer. Images are attachments of comments of this site; others leave their text.
    """
    import nh3
    from markdown import markdown

    html = markdown((text or "").replace("\x00", ""), extensions=EXTENSIONS, output_format="html")
    clean = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes={"a": {"href", "title"}, "abbr": {"title"}, "img": {"src", "alt"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(EMPTY_IMAGE.sub(_alternative, clean))  # noqa: S308


def _alternative(found: re.Match[str]) -> str:
    text = re.search(r'\salt="([^"]*)"', found.group())
    return text.group(1) if text else ""
