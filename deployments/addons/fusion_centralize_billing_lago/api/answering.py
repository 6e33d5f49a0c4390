"""From an HTTP request to its answer."""

import json
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.exceptions import UserError

from . import handlers  # noqa: F401 (whose routes are asked)
from .call import Call
from .errors import ApiError, InvalidError, UnauthorizedError
from .routing import find_route

ROOT = "/api/v1"


def answer(request) -> Response:
    """Answer a request; what it wrote is kept only if it succeeds.

    Errors of the database reach Odoo, which replays the request where that helps.
    """
    request.session.can_save = False
    try:
        body = _handle(request)
    except ApiError as error:
        refused = error
    except UserError as error:
        # Odoo's own rules, of an address or a tax id, say why in a sentence.
        refused = InvalidError({"base": [str(error)]})
    else:
        if isinstance(body, str):
            return Response(body, mimetype="text/plain")
        data = b"" if body is None else json.dumps(body).encode()
        return Response(data, mimetype="application/json")
    request.env.cr.rollback()
    return refusal(refused)


def refusal(error: ApiError) -> Response:
    """Return the answer to what is not done."""
    data = json.dumps(error.body).encode()
    return Response(data, error.status, error.headers, mimetype="application/json")


def _handle(request):
    http = request.httprequest
    route, path = find_route(http.method, _raw_path(http))
    env = Environment(request.env.cr, SUPERUSER_ID, {"tracking_disable": True})
    service = env["fusion.billing.service"]
    if not route.open:
        service = _service(env, http.headers.get("Authorization", ""))
    service = service.with_company(service.company_id)
    call = Call(service.env, service, path, http.args, http.get_data(cache=True), route)
    if not path:
        call.check_query()
    body = route.handler(call)
    if path:
        # Whether a record is the service's own is told before what it cannot be asked.
        call.check_query()
    # What Odoo still has to write may be refused: better now than after the answer.
    env.flush_all()
    return body


def _raw_path(http) -> str:
    """Return the path below the root as it came.

    Werkzeug decodes it, and a slash in an id would be lost.
    """
    raw = http.environ.get("REQUEST_URI") or http.environ.get("RAW_URI")
    path = urlsplit(raw).path if raw else http.path
    return path.partition(ROOT)[2]


def _service(env, header: str):
    """Return the service whose key the request bears.

    Raises:
        UnauthorizedError: It bears none that is valid.
    """
    words = header.split()
    # As Lago's, the server takes the second word, whatever the first one is.
    key = env["fusion.billing.api.key"]._match(words[1] if len(words) > 1 else "")
    if not key:
        raise UnauthorizedError
    key._note_use()
    return key.service_id
