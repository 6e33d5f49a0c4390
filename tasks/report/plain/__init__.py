"""What the report of a simple flow tells: its page, files and messages."""
