import pandas as pd
import pytest

from data.adapters import (
    community_alignment,
    discrim_eval,
    polis_export,
    polis_left_out,
    prism,
    wide_ratings,
)
from data.errors import UploadError
from data.reading_tables import RawTable, read_table


def raw(rows, first_row=1):
    return RawTable(pd.DataFrame(rows), first_row, ())


def utterance(user="u1", turn=0, model="m1", score=80, interaction="i1"):
    return {
        "user_id": user,
        "interaction_id": interaction,
        "turn": turn,
        "model_name": model,
        "score": score,
    }


SURVEY = raw(
    [
        {"user_id": "u1", "age": "18-24", "ethnicity": {"simplified": "White", "x": 1}},
        {"user_id": "u2", "age": "65+", "ethnicity": {"simplified": None}},
    ]
)


def test_prism_takes_opening_turns_and_simplified_answers():
    rows = [utterance(), utterance(model="m2", score=20), utterance(turn=1, model="m3")]
    found = prism(raw([*rows, utterance(user="u2", interaction="i2")]), SURVEY)
    assert found.kind == "ratings"
    assert found.table["response_id"].tolist() == ["m1", "m2", "m1"]
    assert found.raters["ethnicity"].to_dict() == {"u1": "White", "u2": ""}
    assert found.raters.loc["u2", "age"] == "65+"


def test_prism_is_checked():
    with pytest.raises(UploadError, match=r"Row 1, column user_id: this user is not"):
        prism(raw([utterance(user="u9")]), SURVEY)
    with pytest.raises(UploadError, match="0 is not between 1 and 100"):
        prism(raw([utterance(score=0)]), SURVEY)
    with pytest.raises(UploadError, match="utterances lacks the column interaction_id"):
        prism(raw([{"user_id": "u1"}]), SURVEY)


def conversation(annotator="1", preferred="response_b", swap=False, age="30"):
    texts = ["Yes.<|end_of_text|>", "No.", "Maybe.", "Never."]
    a, b = (texts[1], texts[0]) if swap else (texts[0], texts[1])
    return {
        "annotator_id": annotator,
        "annotator_age": age,
        "first_turn_prompt": "May I?",
        "first_turn_response_a": a,
        "first_turn_response_b": b,
        "first_turn_response_c": texts[2],
        "first_turn_response_d": texts[3],
        "first_turn_preferred_response": preferred,
    }


def test_community_alignment_joins_the_same_question_in_any_order():
    rows = [conversation(), conversation("2", "response_a", swap=True, age="50")]
    found = community_alignment(raw(rows))
    assert found.kind == "choice"
    assert found.table["item_id"].nunique() == 1
    assert len(set(found.table["options"].str[0])) == 1  # both preferred "No."
    assert found.table["options"].map(len).tolist() == [4, 4]
    assert found.raters["annotator_age"].to_dict() == {"1": "30", "2": "50"}
    other = community_alignment(raw([conversation(), conversation("2", "response_a", age="50")]))
    assert len(set(other.table["options"].str[0])) == 2


def test_community_alignment_is_checked():
    with pytest.raises(UploadError, match=r"Row 2, column first_turn_preferred_response"):
        community_alignment(raw([conversation(), conversation("2", "response_e")]))
    with pytest.raises(UploadError, match="lacks the column annotator_id"):
        community_alignment(raw([{"x": 1}]))


POLIS = "participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,7\n"


def polis(*rows):
    return polis_export(read_table((POLIS + "\n".join(rows)).encode(), name="v.csv"))


def test_polis_keeps_signs_and_groups():
    found = polis("0,1.0,0,2,1,1,1.0,-1.0", "1,,0,1,0,0,,0.0")
    votes = found.table.set_index(["rater_id", "statement_id"])["vote"].to_dict()
    assert votes == {("0", "0"): 1, ("0", "7"): -1, ("1", "7"): 0}
    assert found.raters["polis_group"].to_dict() == {"0": "1", "1": ""}


def test_polis_is_checked():
    with pytest.raises(UploadError, match=r"Row 3, column 7: it is not 1, 0, -1 or blank"):
        polis("0,1.0,0,2,1,1,1.0,-1.0", "1,,0,1,0,0,,2")
    with pytest.raises(UploadError, match=r"Row 2, column n-votes: it says 5 votes but"):
        polis("0,1.0,0,5,1,1,1.0,-1.0")
    with pytest.raises(UploadError, match="lacks the column group-id"):
        polis_export(raw([{"participant": 1}]))


def test_moderated_statements_are_left_out():
    comments = read_table(b"comment-id,moderated\n3,1\n4,-1\n5,0\n", name="c.csv")
    assert polis_left_out(comments) == ("4",)


def decision(**changes):
    row = {"filled_template": "Should …?", "decision_question_id": 1, "age": 60}
    return {**row, "gender": "male", "race": "white", **changes}


def test_discrim_eval():
    found = discrim_eval(raw([decision(), decision(age=20)]))
    assert found.columns.tolist() == ["prompt", "scenario", "age", "gender", "race"]
    with pytest.raises(UploadError, match="Row 2, column decision_question_id: this scenario has"):
        discrim_eval(raw([decision(), decision()]))
    with pytest.raises(UploadError, match="Row 1, column age: it is not a number"):
        discrim_eval(raw([decision(age="old")]))


SURVEY_ROWS = [
    {"who": "1", "Q1": "good", "Q2": "bad", "Gender": "f"},
    {"who": "2", "Q1": "good", "Q2": "", "Gender": "m"},
]


def test_a_wide_survey_becomes_ratings():
    found = wide_ratings(
        raw(SURVEY_ROWS),
        rater="who",
        items={"Q1": "tea", "Q2": "coffee"},
        attributes={"Gender": "gender"},
        values={"good": 1, "bad": -1},
    )
    scores = found.table.set_index(["rater_id", "item_id"])["score"].to_dict()
    assert scores == {("1", "tea"): 1, ("2", "tea"): 1, ("1", "coffee"): -1}
    assert found.raters["gender"].to_dict() == {"1": "f", "2": "m"}
    assert "1 of 4 answers" in found.notes[0]


def test_a_wide_survey_is_checked():
    with pytest.raises(UploadError, match="'good' is not a number"):
        wide_ratings(raw(SURVEY_ROWS), rater="who", items=["Q1"])
    with pytest.raises(UploadError, match="Row 2, column who: this person stands"):
        wide_ratings(raw([SURVEY_ROWS[0]] * 2), rater="who", items=["Q1"])
    with pytest.raises(UploadError, match="lacks the column Q9"):
        wide_ratings(raw(SURVEY_ROWS), rater="who", items=["Q9"])
