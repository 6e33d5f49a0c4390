"""What a request may hold: each kind of value reads it, and describes itself for OpenAPI."""

from .composed import Anything, Free, Keyed, Listing, Shape, Unsupported
from .invalid import InvalidError
from .json_text import parse_json, storable
from .moments import Day, Moment, Timestamp
from .scalars import Choice, Credits, Days, Emails, Flag, Number, Text, Whole

__all__ = [
    "Anything",
    "Choice",
    "Credits",
    "Day",
    "Days",
    "Emails",
    "Flag",
    "Free",
    "InvalidError",
    "Keyed",
    "Listing",
    "Moment",
    "Number",
    "Shape",
    "Text",
    "Timestamp",
    "Unsupported",
    "Whole",
    "parse_json",
    "storable",
]
