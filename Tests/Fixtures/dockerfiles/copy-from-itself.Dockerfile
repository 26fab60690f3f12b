FROM python:3.12 AS a
FROM python:3.12
COPY --from=1 /x /y
