"""What counts as a word wherever words are counted or valued."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+(?:['’]\w+)*")
