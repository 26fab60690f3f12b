FROM python:3.11-slim
WORKDIR /app
COPY . .
RUN pip3 install -r requirements.txt
HEALTHCHECK CMD curl --fail http://localhost:8501/_stcore/health
