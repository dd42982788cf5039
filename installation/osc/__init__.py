"""OSC out."""
