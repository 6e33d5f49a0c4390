"""Responses of the API."""

import json

from werkzeug.wrappers import Response

ROOT = "/api/v1"


def respond(status: int, body, headers=None) -> Response:
    """Return a response with a JSON body, or with none."""
    data = b"" if body is None else json.dumps(body).encode()
    return Response(data, status=status, headers=headers, mimetype="application/json")


def respond_text(status: int, text: str) -> Response:
    """Return a response that is plain text."""
    return Response(text, status=status, mimetype="text/plain")
