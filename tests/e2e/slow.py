"""`streamlit` with an echo model slow enough to be watched: python -m tests.e2e.slow run app.py.

A run of 192 answers takes most of a minute, so that a test may look at it, stop it or leave it.
"""

from streamlit.web import cli

import experiments.pace
import models.echo

if __name__ == "__main__":
    models.echo._STEP_DELAYS["slow"] = 0.15
    experiments.pace.FIRST = experiments.pace.LARGEST = 8
    cli.main(prog_name="streamlit")
