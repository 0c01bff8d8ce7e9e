"""Everything with weights: language models, embedders and the machinery that runs them."""
