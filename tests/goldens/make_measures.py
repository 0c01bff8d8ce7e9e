"""Values of public packages for tests to read: python tests/goldens/make_measures.py.

Run in an environment of its own: pip install vendi-score==0.0.3 scikit-bio==0.7.4
lexicalrichness==0.5.1 and, without its dependencies, lm-polygraph==0.7.0.
Writes measures.json beside this file, with the versions used.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from importlib.metadata import distribution, version
from pathlib import Path

import numpy as np
import scipy.sparse
from lexicalrichness import LexicalRichness
from skbio.diversity.alpha import chao1, chao1_ci, goods_coverage, shannon

scipy.sparse.csr = types.SimpleNamespace(csr_matrix=scipy.sparse.csr_matrix)  # gone from SciPy

PACKAGES = ("vendi-score", "scikit-bio", "lexicalrichness", "lm-polygraph", "numpy", "scipy")
COUNTS = ([5, 2, 1, 1, 1], [4, 2], [1, 1, 1, 1], [9, 5, 2, 2, 1, 1, 1], [3, 3, 3])
Z = 1.959963984540054  # of a 95 % interval
WORDS = "a boat and a net and a quay by the old sea wall and the old grey quay by the sea again"


def estimator(module: str, name: str) -> type:
    """A class of lm-polygraph, loaded without the rest of the package."""
    folder = Path(str(distribution("lm-polygraph").locate_file("lm_polygraph")))
    for package in ("lm_polygraph", "lm_polygraph.estimators", "lm_polygraph.utils"):
        stub = sys.modules.setdefault(package, types.ModuleType(package))
        stub.__path__ = [str(folder.joinpath(*package.split(".")[1:]))]
    # Its logging helper imports a class of transformers that none of these estimators uses.
    sys.modules.setdefault("transformers", types.ModuleType("transformers")).AutoProcessor = None
    full = f"lm_polygraph.estimators.{module}"
    return getattr(importlib.import_module(full), name)


def polygraph(entails: np.ndarray, contra: np.ndarray, states: np.ndarray) -> dict[str, float]:
    """Its kernel language entropy, Laplacian classes and EigenScore."""
    given = {
        "semantic_matrix_entail": entails[None],
        "semantic_matrix_contra": contra[None],
        "sample_texts": [["answer"] * len(entails)],
        "sample_embeddings": states[None],
    }
    names = {
        "kle": ("kernel_language_entropy", "KernelLanguageEntropy"),
        "laplacian": ("eig_val_laplacian", "EigValLaplacian"),
        "eigen_score": ("eigenscore", "EigenScore"),
    }
    return {key: float(estimator(*name)()(given)[0]) for key, name in names.items()}


def main() -> None:
    """Write everything."""
    vendi = importlib.import_module("vendi_score.vendi")
    rng = np.random.default_rng(0)
    vectors, states = rng.standard_normal((12, 5)), rng.standard_normal((6, 9))
    parts = rng.dirichlet([1, 1, 1], size=(6, 6))
    entails, contra = parts[..., 0], parts[..., 1]
    found = {
        "versions": {name: version(name) for name in PACKAGES},
        "vectors": vectors.tolist(),
        "vendi_dual": {str(q): float(vendi.score_dual(vectors, q=q)) for q in (0.5, 1, 2, 3)},
        "states": states.tolist(),
        "entails": entails.tolist(),
        "contradicts": contra.tolist(),
        **polygraph(entails, contra, states),
        "counts": [
            {
                "counts": counts,
                "chao1": float(chao1(np.array(counts))),
                "chao1_ci": [
                    float(v) for v in chao1_ci(np.array(counts), zscore=1.959963984540054)
                ],
                "goods_coverage": float(goods_coverage(np.array(counts))),
                "shannon": float(shannon(np.array(counts), base=np.e)),
            }
            for counts in COUNTS
        ],
        "words": WORDS,
        "mtld": LexicalRichness(WORDS).mtld(),
    }
    target = Path(__file__).with_name("measures.json")
    target.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
