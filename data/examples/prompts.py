"""Example questions and personas that the bundled teaching model knows."""

EXAMPLE_PROMPTS = (
    "What should we do about the harbour?",
    "What should we do about the beach?",
)

NOBODY = "Nobody in particular"

PERSONAS = {
    "Marta, a fisher": "You are Marta, a fisher of Saltmere.",
    "Greta, a shopkeeper": "You are Greta, a shopkeeper of Saltmere.",
    "Agatha, a pensioner": "You are Agatha, a pensioner of Saltmere.",
    "A formal speaker": "Answer formally.",
}
