"""The losses: a pure function each."""
