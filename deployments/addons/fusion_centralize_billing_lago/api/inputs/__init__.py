"""What a request may hold: each kind of value reads it, and describes itself for OpenAPI."""

from .composed import BY_PROVIDER, Anything, Free, Keyed, Listing, Shape, Unsupported
from .scalars import (
    CURRENCY,
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
