FROM ghcr.io/astral-sh/uv:python3.12-bookworm-slim
WORKDIR /app
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked
