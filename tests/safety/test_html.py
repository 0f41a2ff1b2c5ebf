"""What is wrong in a page's HTML without a browser minding it: an identifier twice, a form within a form, what is opened and not closed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.projects.walk import addresses
from tests.safety.conftest import ask, client_for

ALONE = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
MAY_STAY_OPEN = {
    "p",
    "li",
    "dt",
    "dd",
    "tr",
    "td",
    "th",
    "thead",
    "tbody",
    "tfoot",
    "option",
    "optgroup",
    "colgroup",
    "html",
    "body",
    "head",
}


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.wrong: list[str] = []
        self.drawing = 0

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if (key := given.get("id")) is not None:
            if key in self.ids:
                self.wrong.append(f"id {key!r} twice")
            self.ids.add(key)
        if len(given) < len(attributes):
            self.wrong.append(f"an attribute twice in <{tag} {attributes}>")
        if any(set(name) & set("\"'<=") for name, _ in attributes):
            self.wrong.append(f"a stray quote in <{tag} {attributes}>")
        if tag == "form" and "form" in self.open:
            self.wrong.append(f"a form within a form: {given.get('action')}")
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in ALONE:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag not in self.open:
            self.wrong.append(f"</{tag}> without a beginning")
            return
        while (last := self.open.pop()) != tag:
            if last not in MAY_STAY_OPEN:
                self.wrong.append(f"<{last}> is not closed before </{tag}>")


@pytest.mark.parametrize("world", ["OPEN"], indirect=True)
def test_pages_are_sound_html(world):
    wrong, seen = [], 0
    for who in ("superuser", "anonymous"):
        client = client_for(world.people[who])
        for address in addresses(world.arguments):
            answer = ask(client, address.url)
            if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html") or address.name.startswith("dummy:"):
                continue
            page = Page()
            page.feed(answer.body.decode())
            wrong += [f"{address.name}: {text}" for text in page.wrong]
            seen += 1
    assert seen > 100
    assert not wrong, "\n".join(sorted(set(wrong)))
