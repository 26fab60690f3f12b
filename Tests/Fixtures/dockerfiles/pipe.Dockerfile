FROM python:3.11-slim
RUN python -c 'print(1)' | tee log
