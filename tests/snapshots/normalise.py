"""Write what a run shows so that two runs of the same code on the same sample give the same bytes.

What is replaced, and by what:

- addresses of this machine, the reports' folder, keys and ids of runs, digests, ids that Odoo
  counted up: ``<port>``, ``<reports>``, ``<run>``, ``<id>``, ``<digest>``, ``<odoo id>``;
- times and days of the run's own clock, which are all that lie after ``CLOCK``: ``<time>``,
  ``<day>``; what the sample holds lies before and stays as it is;
- how long something took, how much disk is free: ``<seconds>``, ``<milliseconds>``, ``<disk>``;
- of a page, scripts and styles go, and of a drawing that says nothing (an icon, a bar of seconds)
  its lines; blank space is one blank. ``page.txt`` is its words alone, a line for each block.

Rows stand in the order in which they were written. Nothing is sorted.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import Any

#: The sample ends long before, and runs begin after.
CLOCK = date(2026, 7, 1)
#: Columns and keys that hold what differs from run to run.
ODOO_IDS = {"odoo_id", "odoo_order_id"}
MILLISECONDS = {"milliseconds", "median_milliseconds"}
#: Rows of a table in Prefect; the same rows stand in a CSV.
MOST_ROWS = 5

_PATTERNS = [
    (r"127\.0\.0\.1:\d+", "127.0.0.1:<port>"),
    (r"\b\d{8}-\d{6}-[0-9a-f]{4}\b", "<run>"),
    (r"(?<=flow-run/)[0-9a-f-]{36}", "<id>"),
    (r"\b[0-9a-f]{64}\b|(?<=evidence )[0-9a-f]{12}\b", "<digest>"),
    (r"(?<=/odoo/)([a-z_.]+)/\d+", r"\1/<odoo id>"),
    (r"\b(?:\d[\d,]*\.\d s|\d+ min \d+ s|\d+ h \d+ min)\b", "<seconds> s"),
    (r"\b\d[\d,]* ms\b", "<milliseconds> ms"),
    (r"\b\d[\d,]* GB free", "<disk> GB free"),
    # An endpoint in Markdown: taken, not taken, and how long it took.
    (r"(/hooks \| \d+ \| \d+ \| )\d+", r"\1<milliseconds>"),
]
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\+00:00| UTC)?)?"
)
_DAY_IN_WORDS = re.compile(r"\b\d{1,2} [A-Z][a-z]+ 20\d\d(, \d{2}:\d{2} UTC)?")


def normalised(files: dict[str, str], reports: str) -> dict[str, str]:
    """Normalise the files of a run, by name; a page becomes two.

    Args:
        files: As they were written.
        reports: The folder of the reports.
    """
    texts = {}
    for name, content in files.items():
        text = content.replace(reports, "<reports>")
        if name.endswith(".csv"):
            text = _csv(text)
        elif name.endswith(".json"):
            text = json.dumps(_json(json.loads(text)), ensure_ascii=False, indent=1)
        elif name.endswith(".html"):
            text = _html(text)
            texts["page.txt"] = normalised_text(_words(text)) + "\n"
        texts[name] = normalised_text(text).rstrip() + "\n"
    return texts


def normalised_text(text: str) -> str:
    """Replace what differs from run to run, wherever it stands in a text."""
    for pattern, word in _PATTERNS:
        text = re.sub(pattern, word, text)
    text = _DAY_IN_WORDS.sub(lambda found: "<time>" if found[1] else "<day>", text)
    return _TIME.sub(_time, text)


def _time(found: re.Match[str]) -> str:
    if found[1] < CLOCK.isoformat():
        return found[0]
    return "<day>" if len(found[0]) == len(found[1]) else "<time>"


def _csv(text: str) -> str:
    rows = list(csv.reader(io.StringIO(text)))
    words = dict.fromkeys(ODOO_IDS, "<odoo id>") | dict.fromkeys(MILLISECONDS, "<milliseconds>")
    replaced = {place: words[name] for place, name in enumerate(rows[0]) if name in words}
    for row in rows[1:]:
        for place, word in replaced.items():
            row[place] = row[place] and word
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _json(value: Any, key: str = "") -> Any:
    if key == "timings":
        return dict.fromkeys(value, "<seconds>")
    if key in MILLISECONDS and value is not None:
        return "<milliseconds>"
    if key in ODOO_IDS and value is not None:
        return "<odoo id>"
    if isinstance(value, dict):
        if value.get("type") == "table" and isinstance(value.get("data"), list):
            rows = value["data"]
            value = {**value, "data": rows[:MOST_ROWS], "rows": len(rows)}
        return {name: _json(each, name) for name, each in value.items()}
    return [_json(each) for each in value] if isinstance(value, list) else value


def _html(text: str) -> str:
    text = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r'(<svg class="(?:icon|bar time)").*?</svg>', r"\1></svg>", text, flags=re.DOTALL)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _words(html: str) -> str:
    page = _Words()
    page.feed(html)
    page.close()
    blocks = (" ".join(block.split()) for block in "".join(page.words).split("\f"))
    return "\n".join(block for block in blocks if block.strip(" |"))


_INLINE = {"a", "abbr", "b", "br", "code", "em", "i", "small", "span", "strong", "time"}
_INLINE |= {"svg", "rect", "path", "circle", "line", "g", "text"}


class _Words(HTMLParser):
    """A page's words: a line for each block or row, cells apart, a link's target behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._targets.append(dict(attrs).get("href") or "")
        self.words.append(" | " if tag in {"td", "th"} else " " if tag in _INLINE else "\f")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.words.append(f" [{self._targets.pop()}]")
        elif tag not in {*_INLINE, "td", "th"}:
            self.words.append("\f")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
