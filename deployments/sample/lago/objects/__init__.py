"""Lago's API objects in the one shape in which Lago 1.51 sends them.

A field that Lago leaves out where it has nothing to say is left out; one that it sends as null
is null. Each function gives an object with Lago's defaults, and takes what differs by name.
"""
