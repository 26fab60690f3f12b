# escape=`
FROM python:3.11-slim
ENV A=1 `
    B="x`"y"
WORKDIR /srv
COPY main.py `
# a comment in between

     /srv/
