"""Nodes in Python, for rehearsal and tests."""
