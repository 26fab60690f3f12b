FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
ARG TOKEN_NAME
ARG REV
ENV A='b'
COPY .zenml_pyproject_requirements .
RUN pip install --no-cache-dir --default-timeout=60 --upgrade --timeout=30 -r .zenml_pyproject_requirements
COPY .zenml_user_requirements .
RUN pip install --no-cache-dir --default-timeout=60 --upgrade --timeout=30 -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
COPY . .
RUN chmod -R a+rw .
RUN chown -R 1000:1000 .
USER 1000:1000
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]