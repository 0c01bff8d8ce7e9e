"""Precision: what did quantization change?"""

from components.controls.quantization import quantization_controls
from components.jobs import followed_run, run_bar
from components.layout import start_page
from components.views.quantization import quantization_headline, quantization_view

state = start_page("Precision", page="quantization")
finding = quantization_headline("What did quantization change?")
draft = quantization_controls()
snapshot = followed_run(state)
run_bar(state, draft, snapshot)
quantization_view(state, snapshot, finding)
