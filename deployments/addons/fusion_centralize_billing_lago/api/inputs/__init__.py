"""What a request may hold: each kind of value reads it, and describes itself for OpenAPI."""

from .composed import Anything, Free, Keyed, Listing, Shape, Unsupported
from .scalars import (
    Choice,
    Credits,
    Day,
    Days,
    Emails,
    Flag,
    Moment,
    Number,
    Text,
    Timestamp,
    Whole,
)
