"""What a service keeps with its plans, wallets and credit notes: free pairs of its own."""

from collections.abc import Callable

from ..call import Call
from ..finding import find_plan
from ..inputs import Free
from ..objects import FREE, all_of, or_null
from ..routing import route

ANSWER = all_of({"metadata": or_null(FREE)})
PAIRS = Free(5_000)


def metadata_routes(path: str, find: Callable, field: str = "api_values") -> None:
    """Register the four routes by which a record's pairs are replaced, changed and removed.

    Args:
        path: Of the record, with its varying parts.
        find: Returns the record of a call.
        field: Which of its fields keeps what was told, the pairs among it.
    """

    def write(record, pairs: dict) -> dict:
        record.write({field: {**(record[field] or {}), "metadata": pairs}})
        return {"metadata": pairs}

    def stored(record) -> dict:
        return (record[field] or {}).get("metadata") or {}

    @route("POST", f"{path}/metadata", ANSWER, body=PAIRS)
    def replace(call: Call) -> dict:
        """Replace the pairs that are kept with a record."""
        return write(find(call), call.body(empty=True))

    @route("PATCH", f"{path}/metadata", ANSWER, body=PAIRS)
    def merge(call: Call) -> dict:
        """Change some of the pairs that are kept with a record."""
        record = find(call)
        return write(record, {**stored(record), **call.body(empty=True)})

    @route("DELETE", f"{path}/metadata", ANSWER)
    def clear(call: Call) -> dict:
        """Remove all pairs that are kept with a record."""
        return write(find(call), {})

    @route("DELETE", f"{path}/metadata/{{key}}", ANSWER)
    def remove(call: Call) -> dict:
        """Remove one of the pairs that are kept with a record."""
        record = find(call)
        key = call.path["key"]
        return write(record, {name: one for name, one in stored(record).items() if name != key})


metadata_routes("/plans/{code}", lambda call: find_plan(call, call.path["code"]))
