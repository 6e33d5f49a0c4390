"""What people read in Odoo can be translated: the terms on file are those of the addons."""

from __future__ import annotations

from deployments.local.terms import export_terms, place_of


def test_terms_on_file_are_those_that_odoo_finds(scratch, odoo_database, tmp_path):
    for path in export_terms(scratch, odoo_database(), tmp_path):
        assert path.read_text() == place_of(path.stem).read_text(), "`make terms` writes them anew"
