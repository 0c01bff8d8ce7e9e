"""What `python -m models.town.evaluate` measures: the bundled model held against the town."""
