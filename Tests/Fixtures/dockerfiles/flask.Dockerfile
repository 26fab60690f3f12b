FROM python:3.12-slim
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /usr/src/app
COPY requirements.txt ./
RUN python -m pip install --upgrade pip setuptools wheel && \
    # the lock comes from CI
    python -m pip install --no-cache-dir -r requirements.txt
COPY . .
LABEL org.opencontainers.image.title="A shop" maintainer='shop@example.com'
ENV FLASK_APP=shop.py
EXPOSE 5000/tcp
CMD flask run --host=0.0.0.0
