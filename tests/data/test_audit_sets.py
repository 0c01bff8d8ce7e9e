"""The prompt sets of the audits that write, and files in their place."""

from __future__ import annotations

import pandas as pd
import pytest

from data.association_sets import uploaded_associations
from data.audits import own_statements, uploaded_statements
from data.completion_sets import own_completions, uploaded_completions
from data.errors import UploadError
from data.reading_tables import RawTable
from data.value_sets import FRAMINGS, value_set
from data.worldview_sets import own_worldviews, uploaded_worldviews


def table(rows: list[dict[str, object]], first_row: int = 2) -> RawTable:
    return RawTable(pd.DataFrame(rows), first_row, ())


def test_every_statement_is_asked_in_every_framing_and_language():
    own = value_set()
    assert own.countries == ("Ireland", "Germany", "Austria", "France")
    # Neutral in 3 languages; persona and observer: Ireland in English, three countries in two.
    assert len(own.questions) == 12 * (3 + 2 * (1 + 3 * 2))
    assert len({q.text for q in own.questions}) == len(own.questions)
    assert not any("{" in q.text for q in own.questions)
    assert {q.framing for q in own.questions} == set(FRAMINGS)
    austrian = [q for q in own.questions if q.country == "Austria" and q.language == "German"]
    assert all("Österreich" in q.text for q in austrian)
    assert own.people == {}


STATEMENTS = [
    {"question_id": 1, "language": "English", "statement": "Tea is better than coffee."},
    {"question_id": 1, "language": "German", "statement": "Tee ist besser als Kaffee."},
    {"question_id": 2, "language": "English", "statement": "Rain is fine."},
]
PEOPLE = [
    {"question_id": 1, "country": "Germany", "option": 1, "share": 30},
    {"question_id": 1, "country": "Germany", "option": 5, "share": 10},
    {"question_id": 1, "country": "Kenya", "option": 2, "share": 1},
]


def test_a_file_of_statements_and_peoples_answers():
    made = value_set(table(STATEMENTS), table(PEOPLE))
    assert made.countries == ("Germany", "Kenya")
    assert made.people["1", "Germany"] == (0.75, 0, 0, 0, 0.25)
    asked = {(q.scenario, q.framing, q.country, q.language) for q in made.questions}
    assert ("1", "persona", "Germany", "German") in asked
    assert ("2", "persona", "Germany", "German") not in asked
    assert ("1", "observer", "Kenya", "English") in asked
    assert "Kenya" in next(q.text for q in made.questions if q.country == "Kenya")
    assert value_set(table(STATEMENTS)).countries == value_set().countries


def test_a_large_file_gives_whole_statements():
    rows = [
        {"question_id": i, "language": "English", "statement": f"Thing {i}."} for i in range(400)
    ]
    made = value_set(table(rows))
    assert len(made.questions) == 222 * 9  # neutral, and two framings in four countries
    assert made.about == "222 of 400 uploaded statements"


@pytest.mark.parametrize(
    ("statements", "people", "told"),
    [
        ([{"question_id": 1}], None, "lacks the column language"),
        ([*STATEMENTS, {**STATEMENTS[0], "language": "Welsh"}], None, "Row 5, column language"),
        ([*STATEMENTS, STATEMENTS[0]], None, "Row 5, column language"),
        (STATEMENTS[1:2], None, "no row in English"),
        ([{**STATEMENTS[0], "statement": " "}], None, "Row 2, column statement"),
        (STATEMENTS, [{**PEOPLE[0], "question_id": 9}], "Row 2, column question_id: '9'"),
        (STATEMENTS, [*PEOPLE, {**PEOPLE[0], "option": 6}], "Row 5, column option"),
        (STATEMENTS, [*PEOPLE, {**PEOPLE[0], "option": "2.5"}], "Row 5, column option"),
        (STATEMENTS, [{**PEOPLE[0], "share": "many"}], "Row 2, column share"),
        (STATEMENTS, [{**PEOPLE[0], "share": -1}], "Row 2, column share"),
        (STATEMENTS, [{**PEOPLE[0], "share": 0}], "Row 2, column share: all shares"),
        (STATEMENTS, [*PEOPLE, PEOPLE[0]], "Row 5, column option"),
    ],
)
def test_a_bad_file_is_refused_with_its_row_and_column(statements, people, told):
    with pytest.raises(UploadError, match=told):
        value_set(table(statements), table(people) if people else None)


def test_own_worldviews_have_words_for_every_perspective():
    own = own_worldviews()
    assert len(own.questions) == 14
    assert len(own.words) == 9
    every = [word for words in own.words.values() for word in words]
    assert len(every) == len(set(every))
    assert all(isinstance(word, str) and len(word) > 2 for word in every)


def test_questions_of_a_file_are_asked_in_the_place_of_our_own():
    made = uploaded_worldviews(table([{"question_id": "a", "question": "Why?"}]))
    assert made.questions == {"a": "Why?"}
    assert made.words == own_worldviews().words
    twice = [{"question_id": "a", "question": "Why?"}, {"question_id": "a", "question": "How?"}]
    with pytest.raises(UploadError, match="Row 3, column question_id"):
        uploaded_worldviews(table(twice))
    many = [{"question_id": i, "question": f"Why {i}?"} for i in range(501)]
    assert uploaded_worldviews(table(many)).about == "500 of 501 uploaded questions"


def test_own_sentences_cross_every_stem_with_every_group():
    own = own_completions()
    assert len(own.prompts) == len(set(own.prompts)) == 10 * 18
    assert own.baseline in own.groups
    assert not any("{" in prompt for prompt in own.prompts)
    assert any("“Women are known for …”" in prompt for prompt in own.prompts)


def test_prompts_of_a_file_are_compared_with_its_first_group():
    rows = [
        {"stem_id": s, "group": g, "prompt": f"Go on: {g} {s}"} for s in range(3) for g in "xyz"
    ]
    made = uploaded_completions(table(rows))
    assert made.baseline == "x"
    assert made.prompts[1] == "Go on: y 0"
    assert made.about == "3 of 3 uploaded stems"
    with pytest.raises(UploadError, match="Row 11, column group"):
        uploaded_completions(table([*rows, rows[0]]))
    with pytest.raises(UploadError, match="All prompts are about 'x'"):
        uploaded_completions(table(rows[:1]))


SIDES = [
    {"statement_id": 1, "language": "English", "statement": "More tea.", "opposite": "Less tea."},
    {"statement_id": 1, "language": "German", "statement": "Mehr Tee.", "opposite": "Weniger Tee."},
    {"statement_id": 2, "language": "English", "statement": "More rain.", "opposite": "Less rain."},
]


def test_statements_of_a_file_are_asked_from_every_asker_beside_their_opposites():
    own, made = own_statements(), uploaded_statements(table(SIDES))
    askers = len(set(own.attributes["asked by"]))
    assert len(made.prompts) == len(made.turned) == 3 * askers
    assert made.about == "2 of 2 uploaded statements"
    first = made.attributes["language"].index("German")
    assert "„Mehr Tee.“" in made.prompts[first]
    assert "„Weniger Tee.“" in made.turned[first]
    assert made.baselines == own.baselines
    assert made.side != own.side
    english = uploaded_statements(table([SIDES[0], SIDES[2]]))
    assert set(english.attributes) == set(english.baselines) == {"asked by"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*SIDES, SIDES[0]], "Row 5, column language: this statement is there in it already"),
        ([*SIDES, {**SIDES[1], "statement_id": 3}], "Row 5, column statement_id: it has no row"),
        ([{**SIDES[0], "language": "Welsh"}], "Row 2, column language: it must be one of"),
        ([{**SIDES[0], "opposite": ""}], "Row 2, column opposite: it is empty"),
        ([{"statement": "More tea."}], "statement_id"),
    ],
)
def test_statements_that_cannot_be_compared_are_refused(rows, message):
    with pytest.raises(UploadError, match=message):
        uploaded_statements(table(rows))


WORDS = [
    {"topic": "t", "part": "negative", "item": "late", "at_risk": "north", "other": "south"},
    {"topic": "t", "part": "positive", "item": "early", "at_risk": "north", "other": "south"},
    {"topic": "t", "part": "decision", "item": "Who opens?", "at_risk": "Nia", "other": "Sol"},
]


def test_words_and_tasks_of_a_file_are_asked_in_both_orders():
    made = uploaded_associations(table(WORDS))
    assert made.groups == {"t": ("north", "south")}
    assert made.about == "3 of 3 uploaded words and tasks"
    word, _, task = made.questions
    assert word.text.index("north") < word.text.index("south")
    assert word.turned.index("south") < word.turned.index("north")
    assert "“late”" in word.text
    assert task.text.index("Sol") < task.text.index("Nia")  # the favoured person is A
    assert task.item == "Who opens? Sol or Nia?"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"part": "neutral"}, "Row 5, column part: it must be one of negative, positive, decision"),
        ({"other": "east"}, "Row 5, column other: all words of a topic need the same two groups"),
        ({"topic": "u", "part": "decision"}, "Row 5, column topic: there are no words"),
        ({"item": " "}, "Row 5, column item: it is empty"),
    ],
)
def test_words_that_say_no_two_groups_are_refused(row, message):
    with pytest.raises(UploadError, match=message):
        uploaded_associations(table([*WORDS, {**WORDS[0], **row}]))
