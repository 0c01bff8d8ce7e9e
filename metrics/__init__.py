"""Pure measures on numbers and texts; imports nothing of ours."""
