"""The time zone in which days begin."""


def company_zone(company) -> str:
    """Return the zone that billing periods are anchored in: that of the company's contact."""
    return company.partner_id.tz or "UTC"
