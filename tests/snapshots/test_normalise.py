"""What differs from run to run is replaced, and nothing that a change of the code could move."""

from __future__ import annotations

import json

import pytest

from tests.snapshots.normalise import normalised, normalised_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("usage 20261128-211538-2568, 3.6 s", "usage <run>, <seconds> s"),
        (
            "after 1 min 2 s, after 2 h 2 min, 12 ms",
            "after <seconds> s, after <seconds> s, <milliseconds> ms",
        ),
        ("28 November 2026, 21:15 UTC and 3 May 2027", "<time> and <day>"),
        ("2026-11-28T21:15:20.76+00:00 2027-01-01", "<time> <day>"),
        ("127.0.0.1:8069/odoo/res.partner/7", "127.0.0.1:<port>/odoo/res.partner/<odoo id>"),
        ("2025-03-17T04:00:00Z 2026-03-14 3.5 CAD", "2025-03-17T04:00:00Z 2026-03-14 3.5 CAD"),
        ("a month (2026-10), 41 core-hours", "a month (2026-10), 41 core-hours"),
    ],
    ids=[
        "key and seconds",
        "longer",
        "in words",
        "of the clock",
        "address",
        "of the sample",
        "an example",
    ],
)
def test_text(text, expected):
    assert normalised_text(text) == expected


def test_files_keep_every_cell_but_ids_and_durations():
    files = {
        "outcomes.csv": 'name,odoo_id,milliseconds\n"a, b",7,\nc,,12\n',
        "summary.json": json.dumps({"timings": {"read": 0.2}, "rows": 3, "page": "/r/x.html"}),
        "index.html": "<style>p{}</style><p>3 rows <a href='a.csv'>a</a></p><tr><td>1<td>2</tr>",
    }
    found = normalised(files, "/r")
    assert found["outcomes.csv"] == (
        'name,odoo_id,milliseconds\n"a, b",<odoo id>,\nc,,<milliseconds>\n'
    )
    assert json.loads(found["summary.json"]) == {
        "timings": {"read": "<seconds>"},
        "rows": 3,
        "page": "<reports>/x.html",
    }
    assert found["page.txt"] == "3 rows a [a.csv]\n| 1 | 2\n"
    assert "style" not in found["index.html"]
