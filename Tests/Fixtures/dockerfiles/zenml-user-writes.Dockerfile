FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
COPY . .
RUN chmod -R a+rw .
USER 1000