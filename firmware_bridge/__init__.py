"""From a microcontroller to a Sample. Knows nothing of shows."""
