"""Show files: YAML 1.2 in, a frozen Show out, every error with its place."""
