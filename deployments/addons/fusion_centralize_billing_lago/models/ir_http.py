from werkzeug.exceptions import HTTPException

from odoo import models
from odoo.exceptions import UserError
from odoo.http import request

from ..api.answering import ROOT, refusal
from ..api.errors import ApiError, InvalidError


class IrHttp(models.AbstractModel):
    """Requests of the API: read and refused in its own form."""

    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Let the API read its query itself.

        Odoo hands it over as arguments, among which one named "self" makes the call fail.
        """
        if _is_api():
            request.params = {}
        return super()._dispatch(endpoint)

    @classmethod
    def _handle_error(cls, exception):
        """Answer errors of the API in its own form; nothing of the inside is told."""
        if not _is_api():
            return super()._handle_error(exception)
        if isinstance(exception, UserError):
            error = InvalidError({"base": [str(exception)]})
        elif isinstance(exception, HTTPException) and exception.code and exception.code < 500:
            error = ApiError(exception.code, exception.name)
        else:
            error = ApiError(500, "Internal Server Error")
        return refusal(error)


def _is_api() -> bool:
    path = request.httprequest.path
    return path == ROOT or path.startswith(f"{ROOT}/")
