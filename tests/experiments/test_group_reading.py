import numpy as np
import pytest

from data.errors import UploadError
from experiments.groups.options import options_of, parts_of
from experiments.groups.questions import questions_of
from experiments.groups.reading import Columns, open_files, source_of
from experiments.groups.sources import whole_raters

POLIS = b"participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,1\n0,0,0,2,1,1,1.0,-1.0\n1,1,0,1,0,0,0.0,\n"  # noqa: E501
COMMENTS = (
    b"timestamp,comment-id,agrees,disagrees,moderated,comment-body\n1,0,1,0,1,Yes?\n2,1,0,1,-1,No?"
)


def test_a_polis_export_takes_texts_and_moderation_from_its_comments():
    opened = open_files((("comments.csv", COMMENTS), ("votes.csv", POLIS)))
    assert (opened.title, opened.published) == ("votes.csv", "Polis")
    source = source_of(opened)
    assert source.responses.kind == "votes"
    assert source.texts == {"0": "Yes?", "1": "No?"}
    assert source.left_out == ("1",)
    assert questions_of(source).labels == ("Yes?", "No?")


def test_a_voters_last_vote_counts_and_changes_are_said():
    rows = b"timestamp,comment-id,voter-id,vote\n1,0,9,1\n2,0,9,-1\n3,1,9,0"
    source = source_of(open_files((("long.csv", rows),)))
    assert source.responses.table["vote"].tolist() == [-1, 0]
    assert "1 votes were changed later" in source.responses.notes[0]


def test_texts_in_columns_are_no_attributes():
    rows = b"rater_id,item_id,item_text,score,age\n1,q,What now?,3,old\n2,q,What now?,4,young"
    opened = open_files((("r.csv", rows),))
    assert opened.attributes == ("age",)
    source = source_of(opened)
    assert source.texts == {"q": "What now?"}
    assert list(source.responses.raters.columns) == ["age"]


def test_columns_by_hand_in_both_shapes():
    long = open_files((("l.csv", b"who,what,said,sex\n1,x,good,f\n1,y,bad,f\n2,x,dunno,m"),))
    assert "fit none of the known forms" in long.needs_columns
    source = source_of(long, columns=Columns("who", ("what",), "said", ("sex",), ("bad", "good")))
    assert source.responses.table["score"].tolist() == [2, 1]
    assert "1 answers were not given" in source.responses.notes[0]
    wide = open_files((("w.csv", b"who,q \xe2\x80\x94 a,q \xe2\x80\x94 b,sex\n1,3,4,f\n2,5,,m"),))
    source = source_of(wide, columns=Columns("who", ("q — a", "q — b"), "", ("sex",)))
    assert source.responses.table["item_id"].tolist() == ["a", "a", "b"]


def test_what_is_no_source_is_refused():
    with pytest.raises(UploadError, match="no file"):
        open_files(())
    with pytest.raises(UploadError, match="neither csv"):
        open_files((("a.txt", b"x"),))
    asked = open_files((("d.csv", b"filled_template,decision_question_id,age\nMay she?,1,20"),))
    with pytest.raises(UploadError, match="no person’s answers"):
        source_of(asked)
    prism = open_files((("u.csv", b"user_id,interaction_id,turn,model_name,score\n1,1,0,m,5"),))
    with pytest.raises(UploadError, match="survey"):
        source_of(prism)


def test_the_key_changes_with_content_and_settings():
    rows = b"rater_id,item_id,score,age\n1,q,3,old\n2,q,4,young"
    opened = open_files((("r.csv", rows),))
    other = open_files((("r.csv", rows.replace(b"4", b"5")),))
    keys = {
        source_of(opened).key,
        source_of(opened, attributes=[]).key,
        source_of(opened, score_range=(1, 5)).key,
        source_of(other).key,
    }
    assert len(keys) == 4
    assert source_of(opened).key == source_of(opened).key


def test_of_a_large_file_whole_raters_are_kept_and_said():
    lines = [f"{r},q{i},{1 + i % 5}" for r in range(50) for i in range(4)]
    opened = open_files((("r.csv", ("rater_id,item_id,score\n" + "\n".join(lines)).encode()),))
    cut = whole_raters(opened.main, "rater_id", most=90)
    sizes = cut.frame["rater_id"].value_counts()
    assert (sizes == 4).all()
    assert 20 <= len(sizes) <= 22
    assert "200 rows" in cut.notes[0]
    assert whole_raters(opened.main, "rater_id") is opened.main
    assert whole_raters(opened.main, "nobody", most=1) is opened.main


def test_parts_are_what_questions_join():
    rows = (
        b"rater_id,item_id,response_id,score\n1,p,a,1\n1,p,b,2\n1,q,b,1\n1,q,c,2\n1,z,d,1\n1,z,e,1"
    )
    source = source_of(open_files((("r.csv", rows),)))
    parts = parts_of(source)
    assert sorted(map(sorted, parts.values())) == [["p", "q"], ["z"]]
    joined = next(items for items in parts.values() if len(items) == 2)
    assert options_of(source, joined).names == ("a", "b", "c")


def test_scores_become_choices_as_many_as_they_are_worth():
    rows = b"rater_id,item_id,response_id,score\n" + b"\n".join(
        f"1,q,{name},{score}".encode() for name, score in zip("abcd", (4, 3, 3, 1), strict=True)
    )
    found = options_of(source_of(open_files((("r.csv", rows),))), ())
    # Four scores are three choices; a is above three others, each pair at 2/4.
    assert found.choices.weights.sum() == pytest.approx(3)
    best = found.choices.sets[:, 0] == 0
    assert found.choices.weights[best].sum() == pytest.approx(1.5)
    np.testing.assert_allclose(found.utilities[0], [1, 2 / 3, 2 / 3, 0])
