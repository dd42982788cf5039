"""Wiring: clock, loop, bus, supervisor."""
