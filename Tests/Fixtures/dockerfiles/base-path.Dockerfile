FROM python:3.11-slim
ENV PATH="/app/bin:$PATH"
