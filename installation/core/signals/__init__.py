"""Signals: one kind a file."""
