"""Pure builders: frames and arrays in, Plotly figures out; no Streamlit."""
