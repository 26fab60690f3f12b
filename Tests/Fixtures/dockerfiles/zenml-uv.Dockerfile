FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
ARG SETTING
ENV HF_HOME='/tmp/hf'
RUN pip install uv
COPY .zenml_stack_integration_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --no-cache-dir --extra-index-url=https://token:secret@pypi.example.com/simple -r .zenml_stack_integration_requirements
COPY .zenml_user_requirements .
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --no-cache-dir --extra-index-url=https://token:secret@pypi.example.com/simple -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
COPY . .
RUN chmod -R a+rw .
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]