from hypothesis import settings

# A busy machine must not fail a property: tests assert no times.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
