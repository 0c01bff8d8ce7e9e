"""Root-mean-square norms as one kernel each.

Written out, a norm is seven kernels. While answers are decoded, a token per row at a time, starting
and ending them takes longer than their arithmetic, and there are two norms in a layer or more.
"""

from __future__ import annotations

from functools import partial

import torch
from torch.nn.functional import rms_norm
from transformers import PreTrainedModel

TRIED = 4  # rows of random numbers
AGREE = 2.0**-7  # of a number's size, in 16 bits; four roundings of the last bit


def fuse_norms(model: PreTrainedModel) -> int:
    """Let the norms of a model run as one kernel each, where that is what they compute.

    A norm is taken for one by its class's name, and tried on random numbers: there are variants,
    such as Gemma's, which adds 1 to its weights. Where weights are wider than the numbers that pass
    through, as some models keep them, norms stay as they are.

    Returns:
        How many were exchanged.

    References:
        Zhang and Sennrich 2019, "Root Mean Square Layer Normalization".
    """
    return sum(_fuse(module, model.dtype) for module in model.modules())


@torch.inference_mode()
def _fuse(module: torch.nn.Module, dtype: torch.dtype) -> bool:
    weight = getattr(module, "weight", None)
    epsilon = getattr(module, "variance_epsilon", getattr(module, "eps", None))
    named = type(module).__name__.endswith("RMSNorm")
    if not named or not isinstance(weight, torch.Tensor) or not isinstance(epsilon, float):
        return False
    if weight.ndim != 1 or weight.dtype != dtype:
        return False
    if hasattr(module, "_hf_hook"):  # offloaded: its weight comes and goes
        return False
    generator = torch.Generator().manual_seed(0)
    tried = torch.randn((TRIED, len(weight)), generator=generator).to(weight.device, weight.dtype)
    fused = partial(rms_norm, normalized_shape=weight.shape, weight=weight, eps=epsilon)
    try:
        same = torch.allclose(fused(tried), module(tried), rtol=AGREE, atol=1e-5)
    except Exception:  # what takes more than numbers is no norm of this kind
        return False
    if same:
        module.forward = fused
    return same
