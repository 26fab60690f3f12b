FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
ENV QUOTED='say "hi"'
ENV DOLLAR='a $HOME b'
ENV BACK='C:\\dir\n'
ENV SPACES='  two  '
ENV EMPTY=''
ENV JSON='{"a": [1, "b"]}'
ENV URL='https://x/?a=b&c#d'
COPY .zenml_user_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_user_requirements
ENV ZENML_ENABLE_REPO_INIT_WARNINGS=False
ENV ZENML_CONFIG_PATH=/app/.zenconfig
COPY . .
RUN chmod -R a+rw .
ENV LATER='$SPACES!'
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]