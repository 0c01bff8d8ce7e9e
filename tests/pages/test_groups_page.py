"""The Groups page without a browser."""

from __future__ import annotations

import pytest

import components.views.groups  # noqa: F401  # its imports take longer than a test waits
from components import services
from tests.pages.conftest import ROOT, SECONDS, Visit

PAGE = ROOT / "pages" / "groups.py"
SURVEY = ROOT.parent / "shared/data/groups/starwars_survey_two_header_latin1.csv"
HEAD = "rater_id,item_id,response_id,score,age"
TABS = {
    "Splits": "The questions on which groups split most",
    "Agreement": "Within each group, and with all others",
    "Opinion map": "",
    "Deciding": "What each way of deciding costs the worst-off",
    "Negotiation": "Round by round",
    "Best of n": "Of n answers, the one that groups should like best",
    "Budget": "Ask next",
    "Answers": "Raters with their attributes",
}


class GroupsVisit(Visit):
    def __init__(self) -> None:
        super().__init__(file=PAGE)

    def small(self, kind: str = "ratings", *, per_group: int = 10) -> GroupsVisit:
        """Few raters, so that shuffles are quick."""
        self.app.slider(key="groups.size").set_value(per_group)
        self.app.selectbox(key="groups.kind").set_value(kind)
        self.app.run()
        return self

    def paste(self, *rows: str, head: str = HEAD) -> GroupsVisit:
        self.app.button_group(key="groups.source").set_value("Paste").run()
        self.app.text_area(key="groups.pasted").set_value("\n".join([head, *rows])).run()
        assert not self.app.exception, self.app.exception[0].message
        return self

    def tab(self, name: str) -> GroupsVisit:
        self.app.session_state["groups.tabs"] = name
        self.app.run()
        assert not self.app.exception, self.app.exception[0].message
        return self

    @property
    def said(self) -> str:
        return self.words + "\n".join(str(i.value) for i in (*self.app.info, *self.app.warning))


@pytest.fixture
def open_page(visit):
    return GroupsVisit


def rated(groups: dict[str, int], items: int = 4) -> list[str]:
    """Rows in which the first group likes what the second doesn't."""
    rows = []
    for place, (group, size) in enumerate(groups.items()):
        for rater in range(size):
            for item in range(items):
                score = 1 + (item + place + rater % 2) % items
                rows.append(f"{group}{rater},q,r{item},{score},{group}")
    return rows


def test_the_page_is_filled_on_first_sight_and_says_who_answered(open_page):
    tab = open_page()
    assert not tab.app.exception
    assert "Who prefers which answer?" in tab.words
    assert "6 groups have **4 different favourites**" in tab.words
    assert "of 32 questions" in tab.words
    assert "leaves" in tab.words
    assert "No person gave these answers" in tab.words
    assert "fishers 40" in tab.words
    assert "by chance alone" in tab.words


@pytest.mark.parametrize("name", TABS)
def test_every_tab_opens_and_says_that_raters_are_simulated(open_page, name):
    tab = open_page().small().tab(name)
    told = TABS[name] or "An opinion map needs votes"
    assert told in tab.said
    assert tab.words.count("No person gave these answers") == 2


@pytest.mark.parametrize("kind", ["pairs", "choice", "ranking", "votes"])
def test_every_form_has_a_picture_and_rules(open_page, kind):
    tab = open_page().small(kind, per_group=25).tab("Deciding")
    assert "Majorities" in tab.words
    assert "raters) of resamples" in tab.words
    if kind == "votes":
        assert "What all groups agree to" in tab.tab("Opinion map").words


def test_the_street_splits_nothing_and_a_crossing_hides_small_cells(open_page):
    tab = open_page().small()
    by = next(m for m in tab.app.multiselect if m.label == "Group raters by")
    by.set_value(["street"]).run()
    assert "none of 32 questions" in tab.words
    next(m for m in tab.app.multiselect if m.label == "Group raters by").set_value(
        ["group", "street"]
    ).run()
    assert "of fewer than ten" in tab.words
    assert not tab.app.exception


def test_groups_negotiate_and_a_smaller_purse_buys_less(open_page):
    tab = open_page().small(per_group=25).tab("Negotiation")
    assert "procedure was not found" in tab.words
    assert "The best affordable total stands" in tab.words or "moved the worst-off" in tab.words
    assert "judged every answer of the three packages" in tab.words
    purse = next(n for n in tab.app.number_input if n.label == "Budget")
    assert purse.value == 3
    purse.set_value(0.5).run()
    assert "The budget pays for no answer" in tab.words.replace("\\", "")
    assert not tab.app.exception


def test_groups_choose_among_the_answers_of_a_model(open_page):
    tab = open_page().small(per_group=15).tab("Best of n")
    assert "learned from 32 answers" in tab.words
    assert "Draw answers to a question like those that were judged" in tab.words
    tab.press("Ask the model")
    services.jobs().wait(tab.state.groups.runs["best"], SECONDS)
    tab.app.run()
    assert not tab.app.exception, tab.app.exception[0].message
    assert "64 answers of" in tab.words
    assert "Each group’s expected gain with a 95 % interval" in tab.words
    among = next(s for s in tab.app.selectbox if s.label == "Answers to choose among")
    assert "(64 answers)" in str(among.options)
    among.set_value("Ask the model now").run()
    assert "64 answers of" not in tab.words
    tab.app.button_group(key="groups.source").set_value("Paste").run()
    assert not tab.app.exception


def test_strengths_can_be_shown(open_page):
    tab = open_page().small()
    tab.app.button_group(key="groups.measure").set_value("Strength in choices (θ)").run()
    assert "Cells: θ" in tab.words
    assert not tab.app.exception


def test_pasted_ratings_are_shown_and_not_called_simulated(open_page):
    tab = open_page().paste(*rated({"young": 12, "old": 12}))
    assert "24 raters, 96 answers: young 12 · old 12" in tab.words
    assert "simulated" not in tab.words


BAD = {
    "a winner that is neither side": (
        ["1,q,x,y,z,old"],
        "rater_id,item_id,response_a,response_b,winner,age",
        "Row 2, column winner",
    ),
    "a rater in two groups": (["1,q,x,4,old", "1,q,y,4,young"], HEAD, "so in two groups"),
    "a score that is no number": (["1,q,x,many,old"], HEAD, "Row 2, column score"),
    "two answers to one question": (["1,q,x,4,old", "1,q,x,5,old"], HEAD, "in row 2"),
}


@pytest.mark.parametrize(("rows", "head", "told"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_with_row_and_column(open_page, rows, head, told):
    tab = open_page().paste(*rows, head=head)
    assert told in tab.words.replace("\\", "")


def test_scores_out_of_range_are_refused_where_a_range_is_given(open_page):
    tab = open_page().paste(*rated({"young": 12, "old": 12}))
    box = next(t for t in tab.app.text_input if t.label.startswith("Lowest"))
    box.set_value("1, 3").run()
    assert "is not between 1 and 3" in tab.words.replace("\\", "")
    next(t for t in tab.app.text_input if t.label.startswith("Lowest")).set_value("low").run()
    assert "is not a lowest and a highest score" in tab.words


def test_repeated_rows_are_counted_once_and_said(open_page):
    rows = rated({"young": 12, "old": 12})
    tab = open_page().paste(*rows, rows[0])
    assert "1 row repeats an earlier one" in tab.words
    assert "96 answers" in tab.words


def test_one_group_only_leaves_nothing_to_compare_and_says_so(open_page):
    tab = open_page().paste(*rated({"young": 12}))
    assert "one group only" in tab.words
    assert "everybody likes" in tab.words
    for name in ("Splits", "Agreement", "Budget"):
        assert "nothing to compare" in tab.tab(name).said
    assert "Majorities" in tab.tab("Deciding").words


def test_groups_that_share_no_question_are_not_compared(open_page):
    young = [f"y{i},q{k},q{k},{1 + (i + k) % 3},young" for i in range(12) for k in range(3)]
    old = [f"o{i},p{k},p{k},{1 + (i + k) % 3},old" for i in range(12) for k in range(3)]
    tab = open_page().paste(*young, *old).tab("Splits")
    assert "no two groups answered about the same" in tab.words.replace("\\", "")
    assert "No question was answered by" in tab.said


def test_parts_that_nothing_joins_are_shown_one_at_a_time(open_page):
    rows = rated({"young": 12, "old": 12})
    other = [row.replace(",q,r", ",p,s") for row in rows]
    tab = open_page().paste(*rows, *other)
    part = next(s for s in tab.app.selectbox if s.label == "Question")
    assert list(part.options) == ["q", "p"] or list(part.options) == ["p", "q"]
    part.set_value("p").run()
    assert "s" in tab.words
    assert not tab.app.exception


def test_columns_of_an_unknown_table_are_named_by_hand(open_page):
    words = [("bad", "good")[i % 2] + "," + ("fair", "good")[i % 3 > 0] for i in range(40)]
    rows = [f"{i},{said},{'FM'[i % 2]}" for i, said in enumerate(words)]
    tab = open_page().paste(*rows, head="person,tea,coffee,gender")
    assert "Say what the columns of pasted.csv hold" in tab.said
    tab.app.button_group[1].set_value("is a person, with a column per question").run()
    by_label = {m.label: m for m in tab.app.multiselect}
    by_label["Questions, one column each"].set_value(["tea", "coffee"]).run()
    by_label = {m.label: m for m in tab.app.multiselect}
    by_label["Columns that describe raters"].set_value(["gender"])
    order = next(m for m in tab.app.multiselect if m.label.startswith("Answers from worst"))
    order.set_value(["bad", "fair", "good"]).run()
    assert not tab.app.exception
    assert "40 raters, 80 answers: F 20 · M 20" in tab.words


def test_columns_of_a_long_table_are_guessed_by_what_varies_within_raters(open_page):
    rows = [
        f"q{k},{'ab'[i % 2]},{i},{(i + k) % 2},{20 + i % 3}" for i in range(24) for k in range(4)
    ]
    tab = open_page().paste(*rows, head="item_id,lang,rater,ironic,age")
    assert "Say what the columns of pasted.csv hold" in tab.said
    by_label = {s.label: s.value for s in tab.app.selectbox}
    assert by_label["Who answered"] == "rater"
    assert by_label["What was judged"] == "item_id"
    assert by_label["The answer"] == "ironic"
    described = next(m for m in tab.app.multiselect if m.label == "Columns that describe raters")
    assert described.value == ["lang", "age"]
    assert "24 raters, 96 answers" in tab.words


@pytest.mark.skipif(not SURVEY.exists(), reason="the shared data are not here")
def test_a_survey_with_two_headings_needs_only_the_order_of_its_answers(open_page):
    tab = open_page()
    tab.state.group_files = (("survey.csv", SURVEY.read_bytes()),)
    tab.app.button_group(key="groups.source").set_value("A file").run()
    assert not tab.app.exception, tab.app.exception[0].message
    assert "The first two lines were both read as headings." in tab.words
    by_label = {m.label: m for m in tab.app.multiselect}
    assert len(by_label["Questions, one column each"].value) == 14
    assert "Gender" in by_label["Columns that describe raters"].value
    order = next(m for m in tab.app.multiselect if m.label.startswith("Answers from worst"))
    very, some = ("Very unfavorably", "Very favorably"), ("Somewhat unfavorably",)
    order.set_value([very[0], *some, "Somewhat favorably", very[1]]).run()
    assert not tab.app.exception, tab.app.exception[0].message
    assert "Group raters by" in [m.label for m in tab.app.multiselect]


def test_a_data_set_that_cannot_be_reached_is_said(open_page, monkeypatch):
    tab = open_page()
    tab.app.button_group(key="groups.source").set_value("Hugging Face").run()
    tab.app.text_input(key="groups.hub").set_value("no id").run()
    tab.press("Fetch")
    assert "is no Hugging Face id" in tab.words.replace("\\", "")
