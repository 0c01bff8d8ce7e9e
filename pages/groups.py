"""Groups: who prefers which answer, where groups split, and who loses by each way of deciding?"""

from components.controls.groups import groups_controls
from components.layout import start_page
from components.problems import problems_shown
from components.views.groups import groups_headline, groups_view

state = start_page("Groups", page="groups")
finding = groups_headline("Who prefers which answer?")
with problems_shown():
    draft = groups_controls(state)
    groups_view(draft, finding)
