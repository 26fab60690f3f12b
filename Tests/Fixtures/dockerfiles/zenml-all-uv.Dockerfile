FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
RUN pip install uv
COPY .zenml_local_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_local_requirements
COPY .zenml_stack_integration_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_stack_integration_requirements
COPY .zenml_deployment_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_deployment_requirements
COPY .zenml_integration_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_integration_requirements
COPY .zenml_pyproject_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_pyproject_requirements
COPY .zenml_user_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install  -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
COPY . .
RUN chmod -R a+rw .
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]