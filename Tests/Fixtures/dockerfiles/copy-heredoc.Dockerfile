FROM python:3.11-slim
COPY <<-"EOF" /etc/app.conf
	workers = $N
	EOF
