"""What a browser would make of a page: elements, links, text; and whether its tags match."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "link", "br", "input", "img", "hr"}
# In SVG these close themselves.
_SHAPES = {"path", "circle", "rect"}


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.unmatched: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.unmatched += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID | _SHAPES:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID | _SHAPES:
            return
        if not self._open or self._open.pop() != tag:
            self.unmatched.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for _, each, value in self.attributes if each == name]
