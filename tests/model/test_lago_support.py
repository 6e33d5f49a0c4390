"""The list of what Lago can say: complete sentences, and no rule beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.model.lago_support import Fate, constructs, kept_out

MAPPING = Path(__file__).parents[2] / "tasks" / "backfill" / "mapping"


def test_every_construct_says_what_becomes_of_it():
    for construct in constructs().values():
        if construct.fate is Fate.CARRIED:
            assert construct.odoo, construct.name
        else:
            assert construct.remedy, construct.name
        assert bool(construct.why) == (construct.fate is Fate.KEPT_OUT), construct.name


def test_every_rule_of_the_mapping_keeps_a_row_out_by_the_list():
    source = "".join(path.read_text() for path in MAPPING.glob("lago*.py"))
    directly = re.findall(r'kept_out\([\w.]+, "([a-z_]+)"', source)
    by_table = re.findall(r'^ {8,12}\(.+, "([a-z_]+)"\),$', source, re.MULTILINE)
    kept = {each.name for each in constructs().values() if each.fate is Fate.KEPT_OUT}
    assert len(directly) > 20
    assert len(by_table) > 15
    assert {*directly, *by_table} <= kept


def test_what_is_carried_keeps_nobody_out():
    with pytest.raises(ValueError, match="does not keep"):
        kept_out("k", "charge_standard", "Plan team.")
