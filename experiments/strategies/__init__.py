"""Ways of getting different answers out of a model, one file per strategy."""
