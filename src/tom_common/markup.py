"""Text that people write, as safe HTML."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe

ALLOWED_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "strong", "sub",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def markdown_to_html(text: str | None) -> SafeString:
    """Markdown to HTML without anything that could run, load or imitate a page. Links are http(s) or mailto and carry no referrer."""
    import nh3
    from markdown import markdown

    html = markdown(text or "", extensions=["fenced_code", "tables", "sane_lists", "nl2br"], output_format="html")
    clean = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes={"a": {"href", "title"}, "abbr": {"title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308
