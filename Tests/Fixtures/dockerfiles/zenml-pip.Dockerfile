FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
ENV ZENML_LOGGING_VERBOSITY='INFO'
ENV GREETING='hello world'
COPY .zenml_local_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_local_requirements
COPY .zenml_stack_integration_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_stack_integration_requirements
COPY .zenml_deployment_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_deployment_requirements
COPY .zenml_integration_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_integration_requirements
COPY .zenml_pyproject_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_pyproject_requirements
COPY .zenml_user_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
COPY . .
RUN chmod -R a+rw .
ENV ZENML_REQUIRES_CODE_DOWNLOAD='False'
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]