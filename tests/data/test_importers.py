import numpy as np
import pandas as pd
import pytest

from data.errors import UploadError
from data.importers import checked_responses, group_raters, kind_of, read_responses
from data.reading_tables import RawTable, read_table

PAIRS = "rater_id,item_id,response_a,response_b,winner,age\n"
RATINGS = "rater_id,item_id,response_id,score,age\n"


def pairs(*rows):
    return read_responses((PAIRS + "\n".join(rows)).encode(), name="pairs.csv")


def ratings(*rows, **options):
    return read_responses((RATINGS + "\n".join(rows)).encode(), name="r.csv", **options)


def test_pairs_are_read_with_their_attributes():
    found = pairs("1,q,x,y,a,old", "1,p,x,y,y,old", "2,q,x,y,TIE,young")
    assert found.kind == "pairs"
    assert found.table["outcome"].tolist() == [1, 0, 0.5]
    assert found.raters["age"].to_dict() == {"1": "old", "2": "young"}
    assert found.notes == ()


def test_a_winner_that_is_neither_side_is_named():
    with pytest.raises(UploadError, match=r"Row 3, column winner: 'z' is neither side .*'x'.*'y'"):
        pairs("1,q,x,y,a,old", "2,q,x,y,z,old")
    with pytest.raises(UploadError, match=r"Row 2, column winner.* 1 more rows"):
        pairs("1,q,x,y,c,old", "2,q,x,y,z,old")
    with pytest.raises(UploadError, match="Row 2, column response_b: it is the same"):
        pairs("1,q,x,x,a,old")


def test_scores_are_checked():
    found = ratings("1,q,x,4.5,old", "2,q,x,-3,old")
    assert found.table["score"].tolist() == [4.5, -3]
    with pytest.raises(UploadError, match="Row 3, column score: -3 is not between 1 and 100"):
        ratings("1,q,x,4.5,old", "2,q,x,-3,old", score_range=(1, 100))
    for bad in ("many", "inf", "nan"):
        with pytest.raises(UploadError, match=f"Row 2, column score: '{bad}' is not a number"):
            ratings(f"1,q,x,{bad},old")


def test_repeated_rows_count_once_and_are_said():
    found = ratings("1,q,x,4,old", "1,q,x,4,old", "2,q,x,4,old", "1,q,x,4,old")
    assert len(found.table) == 2
    assert found.notes[0].startswith("2 rows repeat an earlier one")
    assert "row 3, 5" in found.notes[0]


def test_contradictions_are_refused_with_both_rows():
    with pytest.raises(UploadError, match=r"Row 4, column score: rater '1' .* in row 2"):
        ratings("1,q,x,4,old", "2,q,x,4,old", "1,q,x,5,old")


def test_a_rater_in_two_groups_is_refused_with_both_rows():
    with pytest.raises(
        UploadError,
        match=r"Row 3, column age: rater '1' is 'young' here and 'old' "
        "in row 2, so in two groups",
    ):
        ratings("1,q,x,4,old", "1,p,x,4,young")
    spared = ratings("1,q,x,4,old", "1,p,x,4,young", attributes=[])
    assert list(spared.raters.columns) == []
    filled = ratings("1,q,x,4,", "1,p,x,4,young")
    assert filled.raters.loc["1", "age"] == "young"


def test_empty_cells_are_named():
    with pytest.raises(UploadError, match="Row 2, column rater_id: it is empty"):
        ratings(" ,q,x,4,old")
    with pytest.raises(UploadError, match="Row 2, column score: it is empty"):
        ratings("1,q,x,,old")


def test_one_group_and_no_overlap_are_said():
    one = ratings("1,q,x,4,old", "2,q,x,4,old")
    assert one.notes == ("By age there is one group only, so nothing to compare.",)
    apart = ratings("1,q,x,4,old", "2,p,x,4,young")
    assert apart.notes == ("By age no two groups answered about the same item_id: no comparison.",)
    assert apart.apart == ("age",)
    assert ratings("1,q,x,4,old", "2,q,x,4,young").notes == ()


def test_choices_name_an_option_by_letter_or_by_itself():
    text = "rater_id,item_id,option_a,option_b,option_c,preferred\n1,q,x,y,z,b\n2,q,x,y,,x\n"
    found = read_responses(text.encode(), name="c.csv")
    assert found.table["options"].tolist() == [("y", "x", "z"), ("x", "y")]
    with pytest.raises(UploadError, match="Row 2, column preferred: 'w' is none of the options"):
        read_responses(text.replace("z,b", "z,w").encode(), name="c.csv")
    with pytest.raises(UploadError, match="need columns option_a"):
        read_responses(b"rater_id,item_id,preferred\n1,q,a\n", name="c.csv")


def test_rankings_with_shared_places():
    text = b"rater_id,item_id,ranking\n1,q,B>A=C\n2,q,A > B\n"
    found = read_responses(text, name="r.csv")
    assert found.table["places"].tolist() == [(("B",), ("A", "C")), (("A",), ("B",))]
    with pytest.raises(UploadError, match=r"Row 3, column ranking: 'A>A' is not two or more"):
        read_responses(b"rater_id,item_id,ranking\n1,q,B>A\n2,q,A>A\n", name="r.csv")


def test_votes_in_words_and_numbers():
    text = b"rater_id,statement_id,vote\n1,s,agree\n2,s,-1\n3,s,0.0\n"
    assert read_responses(text, name="v.csv").table["vote"].tolist() == [1, -1, 0]
    with pytest.raises(UploadError, match=r"Row 2, column vote: '2' is not 1 \(agree\)"):
        read_responses(b"rater_id,statement_id,vote\n1,s,2\n", name="v.csv")


def test_the_three_formats_say_the_same(tmp_path):
    frame = pd.DataFrame(
        {"rater_id": [1, 2], "item_id": ["q", "q"], "response_id": ["x", "y"], "score": [3, 4.5]}
    )
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "a.parquet")
    found = [read_responses(tmp_path / f"a.{end}") for end in ("csv", "jsonl", "parquet")]
    for one in found:
        assert one.table[["rater_id", "score"]].values.tolist() == [["1", 3], ["2", 4.5]]


def test_unreadable_files_are_refused_in_words():
    for name, content, words in (
        ("a.xlsx", b"x", "neither csv, jsonl nor parquet"),
        ("a.csv", b"  ", "is empty"),
        ("a.csv", b"rater_id,score\n", "no rows"),
        ("a.jsonl", b'{"a": 1}\n{', "row 2 is not JSON"),
        ("a.jsonl", b"[1]", "row 1 is not an object"),
        ("a.parquet", b"none", "can't be read"),
    ):
        with pytest.raises(UploadError, match=words):
            read_table(content, name=name)


def test_latin_1_and_two_lines_of_headings():
    text = "Id,Which films?,,Où?\n,First,Second,Response\n1,yes,no,café\n"
    raw = read_table(text.encode("latin-1"), name="s.csv")
    assert list(raw.frame.columns) == ["Id", "Which films? — First", "Which films? — Second", "Où?"]
    assert raw.frame.iloc[0].tolist() == ["1", "yes", "no", "café"]
    assert raw.first_row == 3
    assert len(raw.notes) == 2
    with pytest.raises(UploadError, match=r"fit none .* lacks .* 4 columns: Id, Which films"):
        kind_of(raw.frame)


def test_items_may_be_rated_themselves():
    found = read_responses(b"rater_id,item_id,score\n1,q,3\n", name="r.csv")
    assert found.table["response_id"].tolist() == ["q"]


def test_groups_by_one_attribute_or_crossed():
    raters = pd.DataFrame(
        {"age": ["old"] * 12 + ["young"] * 11 + [""], "sex": (["f", "m"] * 12)[:24]},
        index=[str(i) for i in range(24)],
    )
    labels, groups = group_raters(raters, ["age"])
    assert [(g.name, g.size, g.shown) for g in groups] == [("old", 12, True), ("young", 11, True)]
    assert labels.tolist() == [0] * 12 + [1] * 11 + [-1]
    labels, groups = group_raters(raters, ["age", "sex"])
    assert groups[0].name == "old × f"
    assert not any(group.shown for group in groups)
    assert (labels == -1).all()
    with pytest.raises(UploadError, match="no attribute town"):
        group_raters(raters, ["town"])
    with pytest.raises(UploadError, match="no column town"):
        ratings("1,q,x,4,old", attributes=["town"])


def test_many_rows_are_no_trouble():
    n = 60_000
    frame = pd.DataFrame(
        {
            "rater_id": np.arange(n) // 40,
            "item_id": np.arange(n) % 40,
            "response_id": "x",
            "score": np.arange(n) % 100,
            "age": np.arange(n) // 40 % 6,
        }
    )
    assert len(checked_responses(RawTable(frame, 2, ())).table) == n
