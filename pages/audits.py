"""Audits: does an answer change with whom it is about, or who asks?"""

from components.controls.audits import audit_controls
from components.jobs import followed_run, run_bar
from components.layout import start_page
from components.views.audits import BUTTON, audits_headline, audits_view

state = start_page("Audits", page="audits")
finding = audits_headline("Does an answer change with whom it is about, or who asks?")
snapshot = followed_run(state)
draft = audit_controls(state, snapshot)
run_bar(state, draft, snapshot, label=BUTTON, noun="question")
audits_view(state, snapshot, finding, draft.audit)
