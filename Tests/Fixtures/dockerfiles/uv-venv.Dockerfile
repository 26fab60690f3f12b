FROM python:3.12-slim
WORKDIR /app
RUN pip install uv
RUN uv venv --python 3.12
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install -r requirements.txt
RUN pip install --user black
