FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
COPY . .
RUN pip install -e .