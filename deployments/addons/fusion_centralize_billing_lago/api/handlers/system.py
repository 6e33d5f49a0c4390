"""What the API says of itself."""

from odoo.modules.module import get_manifest

from ..call import Call
from ..objects import FREE, TEXT, all_of
from ..openapi import document
from ..routing import ROUTES, route


@route("GET", "/health", all_of({"version": TEXT, "message": TEXT}), open=True)
def health(_call: Call) -> dict:
    """Is the API there?"""
    return {"version": get_manifest("fusion_centralize_billing")["version"], "message": "Success"}


@route("GET", "/openapi.json", FREE, open=True)
def openapi(_call: Call) -> dict:
    """This document."""
    return document(ROUTES)
