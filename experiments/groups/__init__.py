"""Who prefers what: from people's answers to everything that the Groups page shows."""
