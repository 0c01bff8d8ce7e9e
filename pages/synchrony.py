"""Synchrony: how far may a chatbot mirror its user before it stops being itself?"""

from components.controls.synchrony import synchrony_controls
from components.jobs import followed_run, run_bar
from components.layout import start_page
from components.views.synchrony import synchrony_headline, synchrony_view

state = start_page("Synchrony", page="synchrony")
finding = synchrony_headline("How far may it mirror its user?")
chosen = synchrony_controls()
snapshot = followed_run(state)
run_bar(state, chosen.draft, snapshot)
synchrony_view(state, chosen, snapshot, finding)
