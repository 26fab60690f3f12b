FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
COPY .zenml_user_requirements .
RUN pip install --no-cache-dir --default-timeout=60 -r .zenml_user_requirements
COPY . .
RUN chmod -R a+rw .
RUN chown -R pipeline .
USER pipeline
ENTRYPOINT ["python", "-m", "zenml.entrypoints.entrypoint"]