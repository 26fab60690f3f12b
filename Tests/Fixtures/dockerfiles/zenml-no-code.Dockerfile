FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
COPY .zenml_user_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
RUN chmod -R a+rw .