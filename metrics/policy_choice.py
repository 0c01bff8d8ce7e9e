"""Any of the policies by its name, with the settings that a visitor moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from metrics.policies import Policy, Rule, with_cache, with_radius

OWN = "own"
BASES: Mapping[str, str] = MappingProxyType(
    {
        "static": "Static",
        "uncapped": "Uncapped",
        "cap": "Cap",
        "ema": "EMA",
        "dead_band": "Dead-Band",
        "hybrid": "Hybrid",
        OWN: "My own",
    }
)
VARIANTS: Mapping[str, str] = MappingProxyType({"radius": "Radius", "cache": "Cache"})
STANDARD = (
    "static", "uncapped", "cap", "ema", "dead_band", "hybrid", "hybrid_radius", "hybrid_cache",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tuning:
    """What all policies of a page share.

    Attributes:
        follow: α of EMA and Hybrid.
        cap: of Cap and Hybrid, in median user steps.
        dead_band: of Dead-Band, a cosine distance.
        radius: of every “+ Radius”, in median user steps.
        cache: of every “+ Cache”, a cosine distance.
        rule: of the visitor's own policy; None leaves it out.
    """

    follow: float = 0.5
    cap: float = 0.4
    dead_band: float = 0.1
    radius: float = 0.75
    cache: float = 0.01
    rule: Rule | None = None


def choices() -> dict[str, str]:
    """Key → name of every policy, the six and one's own, each plain, + Radius and + Cache."""
    plain = dict(BASES)
    more = {
        f"{base}_{variant}": f"{name} + {VARIANTS[variant]}"
        for base, name in BASES.items()
        for variant in VARIANTS
    }
    return {key: name for base in plain for key, name in (plain | more).items()
            if base_of(key) == base}  # fmt: skip


def base_of(key: str) -> str:
    """The policy without its radius or cache."""
    for variant in VARIANTS:
        key = key.removesuffix(f"_{variant}")
    return key


def variant_of(key: str) -> str:
    """“radius”, “cache” or “”."""
    return key.removeprefix(base_of(key)).removeprefix("_")


def named_policies(keys: Sequence[str], tuning: Tuning) -> tuple[Policy, ...]:
    """The policies with these keys, in order; one's own is left out while it has no rule.

    Raises:
        ValueError: there is no such policy, or a setting is out of its range.
    """
    wanted = [key for key in keys if tuning.rule is not None or base_of(key) != OWN]
    return tuple(_policy(key, tuning) for key in wanted)


def _policy(key: str, tuning: Tuning) -> Policy:
    base, variant = base_of(key), variant_of(key)
    if base not in BASES or variant not in ("", *VARIANTS):
        raise ValueError(f"Expected one of {', '.join(choices())} but it was {key!r}.")
    settings = {
        "static": {"follow": 0.0},
        "cap": {"cap": tuning.cap},
        "ema": {"follow": tuning.follow},
        "dead_band": {"dead_band": tuning.dead_band},
        "hybrid": {"follow": tuning.follow, "cap": tuning.cap},
        OWN: {"rule": tuning.rule},
    }
    policy = Policy(key=base, label=BASES[base], **settings.get(base, {}))  # type: ignore[arg-type]
    if variant == "radius":
        return with_radius(policy, tuning.radius)
    return with_cache(policy, tuning.cache) if variant == "cache" else policy
