# A Hugging Face Docker Space, or any host with Docker:
#   docker build -t chorale . && docker run -p 8501:8501 chorale
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 user
USER user
WORKDIR /home/user/app
ENV HOME=/home/user \
    PATH=/home/user/.local/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/home/user/.cache/numba

# An index of CPU builds given as TORCH_INDEX keeps the image gigabytes smaller: the local version of
# the same torch wins over the one with CUDA.
ARG TORCH_INDEX=""
COPY --chown=user requirements.txt .
RUN pip install --no-cache-dir --user ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
    -r requirements.txt

COPY --chown=user . .
RUN mkdir -p /home/user/data

# On a Space, mount storage and point CHORALE_DATABASE there to keep runs over a restart.
# The frame of a Space is another site, so uploads need the cookie without SameSite.
ENV CHORALE_PUBLIC=1 \
    CHORALE_DATABASE=/home/user/data/chorale.db \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["streamlit", "run", "app.py"]
