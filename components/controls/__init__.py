"""Widgets in, frozen settings out: one file per lens."""
