"""Chat templates of our own, each with a quirk that real ones have."""

from __future__ import annotations

EACH = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{% endfor %}"
ASKED = "{% if add_generation_prompt %}<|assistant|>"
NO_SYSTEM = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}"
)

TEMPLATES: dict[str, str | None] = {
    "none": None,
    # A turn per message and a generation prompt.
    "turns": EACH + ASKED + "{% endif %}",
    # The system text inside of the first user turn; begins with bos; roles must take turns.
    "merged": (
        "{{ bos_token }}"
        "{% set turns = messages[1:] if messages[0].role == 'system' else messages %}"
        "{% for m in turns %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must take turns') }}{% endif %}"
        "{% if m.role == 'user' %}(ask) "
        "{% if loop.first and messages[0].role == 'system' %}{{ messages[0].content }}\n\n"
        "{% endif %}{{ m.content }} (answer)"
        "{% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
    ),
    # No system role at all; begins with bos.
    "refuses": "{{ bos_token }}" + NO_SYSTEM + EACH + ASKED + "{% endif %}",
    # Thinking, which an empty thought switches off.
    "switch": EACH
    + ASKED
    + "{% if not enable_thinking | default(true) %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
    # Thinking always: the generation prompt opens the thought.
    "opened": EACH + ASKED + "<think>\n{% endif %}",
    # Thoughts and answers on channels of their own.
    "channels": (
        "{% for m in messages %}<|start|>{{ m.role }}"
        "{% if m.role == 'assistant' %}<|channel|>final{% endif %}"
        "<|message|>{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
        "{# an answer may begin with <|channel|>analysis<|message|> #}"
    ),
    # A header for every turn, but none for the answer that is asked for.
    "headless": EACH,
    # Contents are lists of parts, as where images can be sent too.
    "parts": (
        "{% for m in messages %}<|{{ m.role }}|>"
        "{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}"
        "{% endfor %}{{ eos_token }}{% endfor %}" + ASKED + "{% endif %}"
    ),
}
