FROM python:3.11-slim AS builder
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin
RUN pip install --no-cache-dir -r requirements.txt

FROM python:3.11-slim
RUN useradd --create-home app
COPY --from=builder --chown=app:app /opt/venv /opt/venv
WORKDIR /home/app
COPY --chown=app . .
USER app
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin
CMD ["python", "-m", "app"]
