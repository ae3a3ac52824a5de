"""Makes a package of this room alone, so that its one browser ends with it."""
