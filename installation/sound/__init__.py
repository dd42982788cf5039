"""The sound."""
