FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt streamlit_app.py ./
RUN pip3 install -r requirements.txt
EXPOSE 8501
ENTRYPOINT ["streamlit", "run", "streamlit_app.py", "--server.port=8501", "--server.address=0.0.0.0"]
