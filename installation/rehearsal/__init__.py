"""Simulated visitors in a simulated room, over real wire bytes."""
