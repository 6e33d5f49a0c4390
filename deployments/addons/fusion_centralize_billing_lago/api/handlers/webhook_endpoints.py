"""Where the service is told of billing events, and the key that proves who tells it."""

import base64

from ..call import Call
from ..errors import TAKEN, InvalidError
from ..finding import find_by_id
from ..inputs import Choice, Listing, Shape, Text
from ..objects import TEXT, WEBHOOK_ENDPOINT, all_of
from ..paging import listed
from ..routing import route

VALUES = Shape(
    {
        "webhook_url": Text(2000, r"https?://\S+"),
        "signature_algo": Choice(("jwt", "hmac")),
        "name": Text(),
        "event_types": Listing(Text(100)),
    },
    mandatory=("webhook_url",),
)


@route("POST", "/webhook_endpoints", WEBHOOK_ENDPOINT.one, body=VALUES)
def create(call: Call) -> dict:
    """Add a webhook endpoint."""
    values = call.body()
    fields = {"service_id": call.service.id, **_fields(call, values)}
    return WEBHOOK_ENDPOINT.answer(call.env[WEBHOOK_ENDPOINT.model].create(fields))


@route("GET", "/webhook_endpoints/{lago_id}", WEBHOOK_ENDPOINT.one)
def find(call: Call) -> dict:
    """Find a webhook endpoint."""
    return WEBHOOK_ENDPOINT.answer(_found(call))


@route("GET", "/webhook_endpoints", WEBHOOK_ENDPOINT.page)
def list_(call: Call) -> dict:
    """List webhook endpoints."""
    return listed(call, WEBHOOK_ENDPOINT, call.mine, "id")


@route("PUT", "/webhook_endpoints/{lago_id}", WEBHOOK_ENDPOINT.one, body=VALUES.partial())
def update(call: Call) -> dict:
    """Change a webhook endpoint."""
    endpoint = _found(call)
    endpoint.write(_fields(call, call.body(), endpoint))
    return WEBHOOK_ENDPOINT.answer(endpoint)


@route("DELETE", "/webhook_endpoints/{lago_id}", WEBHOOK_ENDPOINT.one)
def destroy(call: Call) -> dict:
    """Remove a webhook endpoint."""
    endpoint = _found(call)
    shown = WEBHOOK_ENDPOINT.show(endpoint)
    endpoint.unlink()
    return {WEBHOOK_ENDPOINT.root: shown}


@route("GET", "/webhooks/json_public_key", all_of({"webhook": all_of({"public_key": TEXT})}))
def public_key(call: Call) -> dict:
    """The key that verifies signed webhooks: PEM in base64."""
    return {"webhook": {"public_key": _key(call)}}


@route("GET", "/webhooks/public_key", TEXT)
def plain_public_key(call: Call) -> str:
    """The same key as plain text."""
    return _key(call)


def _key(call: Call) -> str:
    return base64.b64encode(call.service._webhook_public_key().encode()).decode()


def _found(call: Call):
    return find_by_id(call, WEBHOOK_ENDPOINT, call.path["lago_id"])


def _fields(call: Call, values: dict, endpoint=None) -> dict:
    names = {"webhook_url": "url", "signature_algo": "signature_algo", "name": "name"}
    fields = {field: values[name] for name, field in names.items() if values.get(name)}
    if "event_types" in values:
        wanted = values["event_types"] or []
        fields["event_types"] = False if not wanted or "*" in wanted else wanted
    url = fields.get("url")
    if url:
        every = call.env[WEBHOOK_ENDPOINT.model].with_context(active_test=False)
        others = [("id", "!=", endpoint.id if endpoint else 0)]
        if every.search_count([*call.mine, ("url", "=", url), *others]):
            raise InvalidError({"webhook_url": [TAKEN]})
    return fields
