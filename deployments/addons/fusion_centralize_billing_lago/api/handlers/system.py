"""What the API says of itself."""

from odoo.modules.module import get_manifest

from ..call import Call


def health(_call: Call) -> dict:
    """Tell that the API is there, and the version of the addon."""
    return {"version": get_manifest("fusion_centralize_billing")["version"], "message": "Success"}


def openapi(_call: Call) -> dict:
    """Return the OpenAPI document of this API."""
    # The document is made of the routes, of which this is one.
    from ..openapi import document
    from ..routes import ROUTER

    return document(ROUTER.routes)
