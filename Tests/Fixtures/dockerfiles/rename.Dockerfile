FROM python:3.11-slim
WORKDIR /app
COPY backend/requirements.txt requirements.txt
