"""The README's tables of measures, made from the catalogues: `python -m docs.readme_table`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from metrics.catalogue import CATALOGUE, Measure
from metrics.catalogue_audits import AUDITS
from metrics.catalogue_drift import DRIFT
from metrics.catalogue_groups import GROUP_CATALOGUE
from metrics.catalogue_probes import PROBES
from metrics.catalogue_synchrony import SYNCHRONY_CATALOGUE

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- measures: written by python -m docs.readme_table -->"
END = "<!-- end of measures -->"
PAGES: Mapping[str, tuple[Measure, ...]] = {
    "Diversity and Precision": tuple(CATALOGUE.values()),
    "Drift": (*DRIFT.values(), *PROBES.values()),
    "Synchrony": tuple(SYNCHRONY_CATALOGUE.values()),
    "Groups": tuple(GROUP_CATALOGUE.values()),
    "Audits": tuple(AUDITS.values()),
}
MEASURES = tuple(chain(*PAGES.values()))
_HEAD = ("Measure", "What it tells", "Unit", "Range", "Shown from", "References")


def measure_table(measures: Iterable[Measure]) -> str:
    """A Markdown table, one row per measure."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *map(_row, measures)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '¦') for cell in row)} |" for row in rows)


def measure_tables() -> str:
    """The tables of all pages, each under its heading."""
    return "\n\n".join(f"### {page}\n\n{measure_table(own)}" for page, own in PAGES.items())


def with_tables(readme: str) -> str:
    """A README with the tables between its two markers renewed.

    Raises:
        ValueError: a marker is missing or stands twice.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"Expected the README to hold {BEGIN!r} and {END!r} once each.")
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{measure_tables()}\n{END}{rest.split(END)[1]}"


def _row(measure: Measure) -> tuple[str, ...]:
    return (
        f"**{measure.label.format(n='n')}**: {measure.name}",
        f"{measure.tells} {measure.direction}",
        measure.unit or "–",
        measure.range,
        f"{measure.floor} {measure.counted}",
        measure.reference or "–",
    )


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text("utf-8")), "utf-8")
