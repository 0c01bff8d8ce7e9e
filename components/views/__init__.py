"""Results in, screen elements out: one file per lens."""
