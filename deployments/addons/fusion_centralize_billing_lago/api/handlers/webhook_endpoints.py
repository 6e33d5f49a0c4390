"""Where the service is told of billing events, and the key that proves who tells it."""

import base64

from ..call import Call
from ..errors import TAKEN, UnprocessableError
from ..finding import find_by_id
from ..inputs import Choice, Listing, Shape, Text
from ..objects import webhook_endpoint_object
from ..paging import listed

MODEL = "fusion.billing.webhook.endpoint"
ENDPOINT = Shape(
    {
        "webhook_url": Text(2000, r"https?://\S+"),
        "signature_algo": Choice(("jwt", "hmac")),
        "name": Text(),
        "event_types": Listing(Text(100)),
    },
    mandatory=("webhook_url",),
)
ROOT = "webhook_endpoint"


def create(call: Call) -> dict:
    """Add an endpoint."""
    values = call.body(ROOT, ENDPOINT)
    fields = {"service_id": call.service.id, **_fields(call, values)}
    return {ROOT: webhook_endpoint_object(call.env[MODEL].create(fields))}


def find(call: Call) -> dict:
    """Return one endpoint."""
    return {ROOT: webhook_endpoint_object(_found(call))}


def list_(call: Call) -> dict:
    """Return a page of the endpoints."""
    domain = [("service_id", "=", call.service.id)]
    return listed(call, MODEL, domain, "id", "webhook_endpoints", webhook_endpoint_object)


def update(call: Call) -> dict:
    """Change an endpoint."""
    endpoint = _found(call)
    endpoint.write(_fields(call, call.body(ROOT, ENDPOINT.partial()), endpoint))
    return {ROOT: webhook_endpoint_object(endpoint)}


def destroy(call: Call) -> dict:
    """Remove an endpoint."""
    endpoint = _found(call)
    shown = webhook_endpoint_object(endpoint)
    endpoint.unlink()
    return {ROOT: shown}


def public_key(call: Call) -> dict:
    """Return the key with which signed webhooks are verified: PEM in base64, as Lago's."""
    pem = call.service._webhook_public_key()
    return {"webhook": {"public_key": base64.b64encode(pem.encode()).decode()}}


def _found(call: Call):
    domain = [("service_id", "=", call.service.id)]
    return find_by_id(call, MODEL, call.path["lago_id"], domain, "webhook_endpoint")


def _fields(call: Call, values: dict, endpoint=None) -> dict:
    names = {"webhook_url": "url", "signature_algo": "signature_algo", "name": "name"}
    fields = {field: values[name] for name, field in names.items() if values.get(name)}
    if "event_types" in values:
        wanted = values["event_types"] or []
        fields["event_types"] = False if not wanted or "*" in wanted else wanted
    url = fields.get("url")
    if url:
        every = call.env[MODEL].with_context(active_test=False)
        others = [("id", "!=", endpoint.id if endpoint else 0)]
        if every.search_count([("service_id", "=", call.service.id), ("url", "=", url), *others]):
            raise UnprocessableError({"webhook_url": [TAKEN]})
    return fields
