"""Who is looking: a random token in the browser's own cookie, known here only by its hash."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

from components.state import session

_COOKIE = "chorale_visitor"
_DAYS = 365
_JS = """
export default function ({ data }) {
  if (document.cookie.split("; ").some((c) => c.startsWith(data.name + "="))) return
  const far = location.protocol === "https:" ? "; SameSite=None; Secure" : "; SameSite=Lax"
  document.cookie = `${data.name}=${data.token}; path=/; max-age=${data.days * 86400}${far}`
}
"""


def recognise_visitor() -> str:
    """The owner under which this visitor's runs are kept; the same after a reload."""
    state = session()
    known = dict(st.context.cookies).get(_COOKIE)
    if not state.owner:
        state.token = known or secrets.token_hex(16)
        state.owner = hashlib.sha256(state.token.encode()).hexdigest()[:32]
    if not known:
        remember = st.components.v2.component("chorale_visitor", js=_JS)
        remember(
            key="visitor", data={"name": _COOKIE, "token": state.token, "days": _DAYS}, height=1
        )
    return state.owner
