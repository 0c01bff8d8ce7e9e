"""Diversity: how many different answers are there, and how many have we not seen yet?"""

from components.controls.diversity import diversity_controls
from components.jobs import followed_run, run_bar
from components.layout import start_page
from components.views.diversity import diversity_headline, diversity_view
from components.views.sweep import sweep_button

state = start_page("Diversity")
finding = diversity_headline("How many different answers are there?")
draft = diversity_controls(state)
snapshot = followed_run(state)
run_bar(state, draft, snapshot, more=lambda: sweep_button(state, draft))
diversity_view(state, snapshot, finding)
