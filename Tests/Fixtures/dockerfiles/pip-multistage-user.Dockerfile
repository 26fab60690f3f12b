FROM python:3.11 AS builder
COPY requirements.txt /tmp/
RUN pip install --user -r /tmp/requirements.txt gunicorn==23.0.0
FROM python:3.11-slim
COPY --from=builder /root/.local /root/.local
COPY --from=ghcr.io/astral-sh/uv:0.9.3 /uv /bin/uv
COPY . /app
ENV PATH=/root/.local/bin:/usr/local/bin:/usr/bin:/bin
