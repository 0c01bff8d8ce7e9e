"""Drift: does a persona hold over a long conversation, and does a reminder bring it back?"""

from components.controls.drift import drift_controls
from components.jobs import followed_run, run_bar
from components.layout import start_page
from components.views.drift import drift_headline, drift_view
from components.views.talk import is_talk, talk_view

state = start_page("Drift", page="drift")
finding = drift_headline("Does the persona hold?")
snapshot = followed_run(state)
draft = drift_controls(talking=is_talk(snapshot))
if draft.live:
    talk_view(state, draft, snapshot, finding)
else:
    run_bar(state, draft, snapshot)
    drift_view(state, snapshot, finding)
