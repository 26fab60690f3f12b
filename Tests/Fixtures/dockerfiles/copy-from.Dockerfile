ARG TOOLS=registry.example.org/tools:2
FROM $TOOLS AS tools
FROM --platform=linux/arm64 python:3.12-slim AS unused
RUN make everything
FROM python:3.12-slim AS builder
WORKDIR /src
COPY --from=tools /usr/bin/tool /usr/local/bin/
COPY requirements.txt pyproject.toml ./
COPY --chown=7:8 app ./app
RUN chmod -R a+rX .

FROM python:3.12-slim
COPY --from=ghcr.io/astral-sh/uv:0.9.3 /uv /uvx /bin/
WORKDIR /app
COPY --from=builder --chown=1000 --chmod=u=rwX,go= /src/../src/app/*.py ./
COPY --from=2 --exclude=*.md --parents /./src/app/x /y/
COPY --from=builder /src/requirements.txt .
RUN --mount=type=bind,from=ghcr.io/astral-sh/uv:0.9.3,source=/uv,target=/bin/uv uv pip install --system -r requirements.txt
