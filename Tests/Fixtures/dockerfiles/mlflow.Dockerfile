ARG PYTHON=3.11
FROM python:${PYTHON}-slim
ARG MLFLOW_VERSION=2.14.1
ENV MLFLOW_HOME=/mlflow
RUN set -eux; mkdir -p ${MLFLOW_HOME}/artifacts; pip install --no-cache-dir "mlflow==$MLFLOW_VERSION" psycopg2-binary uvicorn[standard]
WORKDIR $MLFLOW_HOME
EXPOSE 5000
CMD ["mlflow", "server", "--host", "0.0.0.0", "--backend-store-uri", "sqlite:///mlflow.db"]
