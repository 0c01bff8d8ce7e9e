"""Value types, the store, importers and the town: the lowest room; it imports nothing of ours."""
