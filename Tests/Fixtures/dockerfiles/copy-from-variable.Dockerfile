FROM python:3.12 AS a
FROM python:3.12
COPY --from=$STAGE /x /y
