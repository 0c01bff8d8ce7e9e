"""What the README promises is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.readme_table import MEASURES, PAGES, README, measure_table, with_tables
from metrics.catalogue import CATALOGUE

ROOT = Path(__file__).parents[1]
TEXT = README.read_text("utf-8")


def test_measure_tables_are_the_catalogues():
    assert with_tables(TEXT) == TEXT, "Run: python -m docs.readme_table"


def test_measure_tables_have_a_row_per_measure():
    assert len({measure.name for measure in MEASURES}) == len(MEASURES) > len(CATALOGUE)
    for page, measures in PAGES.items():
        assert f"### {page}\n" in TEXT
        rows = measure_table(measures).splitlines()
        assert len(rows) == 2 + len(measures)
        assert len({row.count("|") for row in rows}) == 1


def test_a_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="Expected the README to hold"):
        with_tables("# Chorale\n")


def test_setting_up_takes_the_two_commands():
    assert "pip install -r requirements.txt && streamlit run app.py" in TEXT
    assert "pip install -r requirements-dev.txt && pytest" in TEXT


def test_every_file_the_readme_names_is_there():
    named = re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXT)
    named += re.findall(r"`((?:\w+/)+[\w.]+\.\w+|\w+\.(?:py|txt|toml))`", TEXT)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_environment_variable_is_explained():
    code = [ROOT / "app.py"]
    for room in ("components", "data", "experiments", "models"):
        code += sorted((ROOT / room).rglob("*.py"))
    read = {
        name
        for file in code
        for name in re.findall(r"[\"'](CHORALE_[A-Z_]+|DATABASE_URL)[\"']", file.read_text("utf-8"))
    }
    assert read
    assert {name for name in read if f"`{name}`" not in TEXT} == set()


def test_every_paper_behind_a_measure_is_listed():
    listed = TEXT.split("## References")[1]
    cited = {paper for measure in MEASURES for paper in measure.references}
    papers = {paper for paper in cited if not paper.startswith(("Own", "data/", "docs/"))}
    short = {re.sub(r"\b((?:19|20)\d\d)\b(?!\.).*", r"\1", paper) for paper in papers}
    assert short
    assert {paper for paper in short if f"- {paper}. " not in listed} == set()
