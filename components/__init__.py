"""Everything that knows Streamlit; `figures` aside, which only build pictures."""
