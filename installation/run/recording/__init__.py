"""Record and replay: all that the core was given, and a digest of what it said."""
