FROM python:3.12-slim AS base
ENV PYTHONUNBUFFERED=1

FROM base AS dev
RUN apt-get install -y gdb

FROM base AS final
WORKDIR /srv
RUN --mount=type=cache,target=/root/.cache \
    --mount=type=bind,source=deploy/requirements.txt,target=/tmp/requirements.txt \
    pip install uv && uv pip install --system --no-cache -r /tmp/requirements.txt
COPY --parents src/service ./
COPY config/app.toml config/
