"""Which keys a settings file may hold, and what they may be."""

from __future__ import annotations

KINDS: dict[str, tuple[type, ...]] = {
    "kind": (str,),
    "prompt": (str,),
    "seed": (int,),
    "conditions": (list,),
    "key": (str,),
    "name": (str,),
    "model": (str,),
    "revision": (str,),
    "quantization": (str,),
    "system": (str,),
    "n": (int,),
    "temperature": (float, int),
    "top_p": (float, int),
    "top_k": (int,),
    "min_p": (float, int),
    "max_new_tokens": (int,),
    "stop": (list,),
    "strategy": (str,),
    "options": (dict,),
    "choir": (list,),
    "plan": (dict,),
    "lines": (list,),
    "replicates": (int,),
    "replies": (int,),
    "reminders": (list,),
    "reminder": (str,),
    "marks": (list,),
    "reference": (str,),
    "user": (dict,),
    "split": (float, int),
    "larger": (dict,),
    "scripts": (int,),
    "mirroring": (dict,),
    "policy": (str,),
    "follow": (float, int),
    "cap": (float, int),
    "dead_band": (float, int),
    "radius": (float, int),
    "cache": (float, int),
    "rule": (str,),
    "remembers": (bool,),
    "feedback": (bool,),
}
WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "keys and values",
    bool: "true or false",
}
EXPERIMENT = ("kind", "prompt", "seed", "conditions")
MODEL = ("revision", "quantization")
DECODING = ("temperature", "top_p", "top_k", "min_p", "max_new_tokens", "stop")
STRATEGY = ("strategy", "options", "choir")
CONDITION = ("key", "name", "model", *MODEL, "system", "n", *DECODING, *STRATEGY, "plan")
TEXTS, TURNS = ("lines", "marks"), ("reminders",)
PLAN = (
    *TEXTS,
    *TURNS,
    "replicates",
    "replies",
    "reminder",
    "reference",
    "user",
    "split",
    "larger",
    "scripts",
    "mirroring",
)
REF = ("model", *MODEL)
SPEAKER = ("model", *MODEL, "system")
MIRRORING = ("policy", "follow", "cap", "dead_band", "radius", "cache", "rule", "remembers",
              "feedback")  # fmt: skip
