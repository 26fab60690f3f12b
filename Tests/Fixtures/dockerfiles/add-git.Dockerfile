FROM python:3.11
ADD https://github.com/team/project.git#v1 /src
