"""Checkpoints whose weights are stored in few bits already. Needs no torch.

transformers loads them by what their config says, so the precision that a user picks doesn't
count. Their files hold several weights in one number, beside scales and tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from typing import Any

from data.errors import ModelError

# What transformers asks for to load each kind, as pip calls it and as Python does.
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "bitsandbytes": ("bitsandbytes",),
    "gptq": ("optimum", "gptqmodel"),
    "awq": ("gptqmodel",),
}
# Ends of the names of tensors that go along with packed weights and are none themselves.
_BESIDE = (
    ".absmax", ".nested_absmax", ".quant_map", ".nested_quant_map", ".SCB", ".weight_format",
    ".qzeros", ".scales", ".g_idx",
)  # fmt: skip
_BITS = {"U8": 8, "I8": 8, "I32": 32}  # of one stored number that may hold packed weights


@dataclass(frozen=True, slots=True)
class Stored:
    """How a checkpoint's weights are stored.

    Attributes:
        method: as transformers calls it ("bitsandbytes", "gptq", "awq", …).
        bits: of one weight; 0 where the config doesn't say.
    """

    method: str
    bits: int

    @property
    def name(self) -> str:
        """For people."""
        shown = {"gptq": "GPTQ", "awq": "AWQ"}.get(self.method, self.method)
        return f"{shown}, {self.bits} bits" if self.bits else shown

    @property
    def note(self) -> str:
        """A plain sentence for who uses the model."""
        return (
            f"Its weights are stored in few bits ({self.name}) and are loaded as they are, "
            "whatever precision is chosen."
        )

    def elements(self, name: str, tensor: Mapping[str, Any]) -> int:
        """Weights that a tensor of the file stands for.

        Args:
            name: of the tensor.
            tensor: its entry in the file's header, with dtype and shape.
        """
        if name.endswith(_BESIDE) or ".quant_state." in name:
            return 0
        size = prod(tensor["shape"])
        width = _BITS.get(tensor["dtype"], 0)
        return size * width // self.bits if self.bits and width else size


def stored_precision(config: Mapping[str, Any]) -> Stored | None:
    """How the weights are stored, by a config.json; None where they are not quantized."""
    found = config.get("quantization_config") or config.get("compression_config")
    if not isinstance(found, dict):
        return None
    method = str(found.get("quant_method", ""))
    if not method and (found.get("load_in_4bit") or found.get("load_in_8bit")):
        method = "bitsandbytes"
    bits = found.get("bits", found.get("w_bit", 0))
    if method == "bitsandbytes":
        bits = 4 if found.get("load_in_4bit") else 8
    return Stored(method or "an unnamed method", bits if isinstance(bits, int) else 0)


def check_packages(stored: Stored, shown: str) -> None:
    """See whether what transformers needs for this kind of checkpoint is installed.

    Args:
        stored: how the weights are stored.
        shown: what messages call the model.

    Raises:
        ModelError: it isn't.
    """
    missing = [name for name in PACKAGES.get(stored.method, ()) if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"The weights of {shown} are stored in {stored.name}, which takes a package that is "
            f"not installed: {' and '.join(missing)}.",
            f"Install it (pip install {' '.join(missing)}), or choose the model as it was before "
            "it was quantized.",
        )
