"""The parts of the preference benchmark that need real data beside this checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from data.adapters import polis_export, polis_left_out, wide_ratings
from data.reading_tables import read_table
from metrics.budget import replay
from metrics.gaps import score_gap
from metrics.memberships import adjusted
from metrics.opinion import (
    group_aware_consensus,
    opinion_groups,
    opinion_space,
    statement_table,
)

SHARED = Path(__file__).parents[3] / "shared" / "data" / "groups"
# Statements that Polis gave no weight: people on themselves ("I work in …"), and one moderated
# away with another test entry. With these, and only these, our coordinates are Polis's.
FIXTURES = {"below-100-ptpts": (39, 11), "25ptpt-3gp-no-strict-with-meta": (0, 1, 2, 3)}
EXPORTS = (
    "15-per-hour-seattle",
    "brexit-consensus",
    "scoop-hivemind-ubi",
    "scoop-hivemind-taxes",
    "vtaiwan-uberx",
)
FAVOUR = {
    "Very favorably": 5,
    "Somewhat favorably": 4,
    "Neither favorably nor unfavorably (neutral)": 3,
    "Somewhat unfavorably": 2,
    "Very unfavorably": 1,
}
Rng = np.random.Generator


def polis_report(rng: Rng) -> float:
    """Adjusted Rand index with Polis's groups; that of the worse fixture."""
    if not SHARED.exists():
        print("Polis: skipped, the data are not beside this checkout")
        return float("nan")
    worst = min(fixture_agreement(name, left_out, rng) for name, left_out in FIXTURES.items())
    for name in EXPORTS:
        _export(name, rng)
    return worst


def fixture_agreement(name: str, left_out: tuple[int, ...], rng: Rng) -> float:
    """Adjusted Rand index with Polis's groups of one of red-dwarf's fixtures."""
    votes = pd.read_csv(SHARED / f"reddwarf_{name}_votes.csv")
    groups = pd.read_csv(SHARED / f"reddwarf_{name}_polis_groups.csv")
    said = pd.read_csv(SHARED / f"reddwarf_{name}_polis_statements.csv").set_index("tid")
    table = votes.pivot(index="pid", columns="tid", values="vote")
    places = [table.columns.get_loc(tid) for tid in left_out]
    space = opinion_space(table.to_numpy(), left_out=places)
    groups = groups.sort_values("base_cluster")  # the order in which Polis met them
    rows = table.index.get_indexer(groups["pid"])
    theirs = groups["group_id"].to_numpy()
    ours = opinion_groups(space.people[rows], rng=rng, start="first")
    best = opinion_groups(space.people[rows], rng=rng)
    index = adjusted_rand_score(theirs, ours.labels)
    here = np.abs(space.people[rows]) - np.abs(groups[["pca_x", "pca_y"]].to_numpy())
    print(
        f"Polis fixture {name}: {len(rows)} people, groups {theirs.max() + 1}, found "
        f"{ours.labels.max() + 1}, adjusted Rand {index:.3f}; coordinates {np.abs(here).max():.1e} "
        f"off; {'all' if len(rows) == space.voters.sum() else space.voters.sum()} voters known; "
        f"with 20 random starts {best.labels.max() + 1} groups, "
        f"{adjusted_rand_score(theirs, best.labels):.3f}"
    )
    _same_counts(name, table.to_numpy()[rows], theirs, said.loc[table.columns])
    return index


def _same_counts(name: str, votes: NDArray, labels: NDArray, said: pd.DataFrame) -> None:
    table = statement_table(votes, labels)
    pairs = [(table.agree, "agree"), (table.disagree, "disagree"), (table.seen, "seen")]
    wrong = sum(
        int((ours[g] != said[f"g{g}_{word}"].to_numpy()).sum())
        for ours, word in pairs
        for g in range(len(table.seen))
    )
    consensus = group_aware_consensus(table, root=False)
    off = np.abs(consensus - said["group_aware_consensus"].to_numpy()).max()
    print(f"  {3 * table.seen.size} statement counts, {wrong} differ; consensus {off:.0e} off")


def _export(name: str, rng: Rng) -> None:
    found = polis_export(read_table(SHARED / f"polis_{name}_participants-votes.csv"))
    moderated = polis_left_out(read_table(SHARED / f"polis_{name}_comments.csv"))
    table = found.table.pivot(index="rater_id", columns="statement_id", values="vote")
    left_out = [i for i, name in enumerate(table.columns) if name in moderated]
    space = opinion_space(table.to_numpy(dtype=float), left_out=left_out)
    theirs = found.raters["polis_group"].reindex(table.index).to_numpy()
    inside = theirs != ""
    groups = len(np.unique(theirs[inside]))
    told = opinion_groups(space.people[inside], rng=rng, groups=groups)
    free = opinion_groups(space.people[inside], rng=rng)
    print(
        f"Polis export {name}: {inside.sum()} of {len(inside)} people in {groups} groups; adjusted "
        f"Rand {adjusted_rand_score(theirs[inside], told.labels):.3f} for as many, "
        f"{adjusted_rand_score(theirs[inside], free.labels):.3f} for {free.labels.max() + 1}; "
        f"voters {np.mean(space.voters == inside):.1%} as theirs"
    )


def people_report(rng: Rng) -> None:
    """Irony by gender in nine languages, the messy survey, and a rating budget on it."""
    if not SHARED.exists():
        print("People: skipped, the data are not beside this checkout")
        return
    _irony(rng)
    raw = read_table(SHARED / "starwars_survey_two_header_latin1.csv")
    columns = [name for name in raw.frame if name.startswith("Please state")]
    survey = wide_ratings(
        raw,
        rater="RespondentID",
        items={name: name.split(" — ")[1] for name in columns},
        attributes={"Gender": "gender", "Age": "age"},
        values=FAVOUR,
    )
    print("Survey: " + " ".join(survey.notes))
    gender = survey.table["rater_id"].map(survey.raters["gender"])
    means = survey.table.groupby(["item_id", gender])["score"].mean().unstack()
    gap = (means["Female"] - means["Male"]).round(2)
    print(
        f"  {len(survey.table):,} answers; women − men: "
        + ", ".join(
            f"{name} {gap[name]:+.2f}" for name in ("Darth Vader", "Jar Jar Binks", "Han Solo")
        )
    )
    _budget(survey.table, survey.raters, rng)


def _irony(rng: Rng) -> None:
    labels = pd.read_csv(SHARED / "multipico_rater_labels.csv")
    gaps = {str(lang): _gender_gap(rows, rng) for lang, rows in labels.groupby("lang")}
    q = adjusted([gap.p_value for gap in gaps.values()])
    for (lang, gap), value in zip(gaps.items(), q, strict=True):
        print(
            f"Irony {lang}: women − men {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}], "
            f"smaller group {gap.n}, q {value:.3f}"
        )


def _gender_gap(rows: pd.DataFrame, rng: Rng):
    table = rows.pivot_table(index="rater", columns="item_id", values="ironic")
    gender = rows.drop_duplicates("rater").set_index("rater")["gender"].reindex(table.index)
    side = gender.map({"Female": 1, "Male": 0}).fillna(-1).to_numpy(dtype=int)
    return score_gap(table.to_numpy(), side, rng=rng, resamples=500)


def _budget(table: pd.DataFrame, raters: pd.DataFrame, rng: Rng) -> None:
    """Darth Vader's favour by age, older people costing more to reach."""
    vader = table[table["item_id"] == "Darth Vader"].set_index("rater_id")["score"]
    ages = raters["age"].reindex(vader.index)
    names = sorted(name for name in ages.unique() if name)
    values = [vader[ages == name].to_numpy() for name in names]
    sizes, costs = [len(one) for one in values], [1.0, 2.0, 3.0, 4.0][: len(values)]
    done: Mapping[str, float] = {
        plan: replay(values, sizes, costs, budget=150, plan=plan, rng=rng).error
        for plan in ("sequential", "equal", "proportional")
    }
    print(
        f"Budget, ages {', '.join(names)}, costs {costs}: error "
        + ", ".join(f"{plan} {error:.4f}" for plan, error in done.items())
    )
