from odoo import http

from .api.answering import answer


class Api(http.Controller):
    """Everything under ``/api/v1``: an API of its own, whose routes stand above its handlers.

    One route of Odoo takes it all, so that what is unknown, or asked for by a wrong method, is
    answered in JSON as well.
    """

    @http.route(
        ["/api/v1", "/api/v1/", "/api/v1/<path:path>"],
        type="http",
        auth="none",
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def api(self, **_path):
        """Answer a request of the API."""
        return answer(http.request)
