"""Audits as paired prompts: what a model would answer, and whether that hangs on the person."""
