"""The pure core: advance(show, state, inputs) -> state, outputs."""
