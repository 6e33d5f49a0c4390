"""What a public method was called with, before anything looks it up in the database."""

from odoo import _
from odoo.exceptions import UserError

from .values import is_storable

LARGEST_INTEGER = 2**31 - 1


def check_page(after_id: object, limit: object, most: int) -> None:
    """Hold the bounds of a page to what can be read.

    Args:
        after_id: Id of the last row of the page before; 0 for the first page.
        limit: Rows in the page.
        most: Rows in the largest page.

    Raises:
        UserError: One is no whole number, or out of bounds.
    """
    if type(limit) is not int or not 0 < limit <= most:
        raise UserError(_("A page has 1 to %(most)s rows: give such a limit.", most=most))
    if type(after_id) is not int or not 0 <= after_id <= LARGEST_INTEGER:
        raise UserError(_("A page begins after the id that the page before named, or after 0."))


def is_text(value: object) -> bool:
    """Return whether it is a text that PostgreSQL can look for."""
    return isinstance(value, str) and is_storable(value)


def check_text(value: object, name: str) -> None:
    """Hold a key or code to what PostgreSQL can look for.

    Raises:
        UserError: It is no text, or has characters that cannot be stored.
    """
    if not is_text(value):
        raise UserError(_("%(name)s is a text of ordinary characters.", name=name))


def check_storable(value: object) -> None:
    """Hold all that was sent to texts that PostgreSQL can store.

    Raises:
        UserError: There is one somewhere in it that has other characters.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, str):
            check_text(one, _("What is sent"))


def check_object(value: object, name: str) -> None:
    """Hold what was sent to an object of named values.

    Raises:
        UserError: It is something else.
    """
    if not isinstance(value, dict):
        raise UserError(_("%(name)s is an object of named values.", name=name))
