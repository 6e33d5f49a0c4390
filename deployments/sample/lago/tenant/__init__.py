"""A tenant of Lago as Lago makes them: its defaults, all that it can say, billed by its rules.

The bills are worked out here from Lago's own rules, by nothing that the flows use, so that what
the flows make of the tenant can be held against them.
"""
