FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
ENV TITLE='it's broken'
