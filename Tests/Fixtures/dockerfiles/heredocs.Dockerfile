FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN <<EOF
set -e
pip install --no-cache-dir -r requirements.txt
mkdir -p data models
EOF
COPY --exclude=*.md --exclude=notebooks . /app
RUN ["pip", "install", "gunicorn"]
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
CMD gunicorn app:app
