FROM zenmldocker/zenml:0.98.0-py3.11
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends 'git' 'libgomp1'
RUN pip install uv
COPY .zenml_user_requirements .
RUN uv pip install --no-cache-dir -r .zenml_user_requirements
COPY . .
RUN chmod -R a+rw .