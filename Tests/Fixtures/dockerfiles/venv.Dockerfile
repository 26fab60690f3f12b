FROM python:3.12-slim
ENV VIRTUAL_ENV=/opt/venv
RUN python3 -m venv $VIRTUAL_ENV
WORKDIR /app
COPY requirements.txt .
RUN . /opt/venv/bin/activate && pip install --no-cache-dir -r requirements.txt
RUN /opt/venv/bin/pip install gunicorn==23.0.0
COPY . .
CMD ["/opt/venv/bin/gunicorn", "app:app"]
