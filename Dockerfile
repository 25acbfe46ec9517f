# The hub in one container: SQLite in the volume /data, one process, nothing else needed.
#
#   docker build -t engagement-hub .
#   docker run -p 8000:8000 -v hub-data:/data engagement-hub
#
# To scale, name a database and a broker, and run as many of these as you like; nothing else changes:
#
#   -e HUB_DATABASE_URL=postgres://USER:PASSWORD@HOST:5432/NAME
#   -e HUB_BROKER_URL=redis://HOST:6379/0
#
# Each one migrates before it serves; on PostgreSQL they wait for each other. Stop with `docker stop -t 30`, so that
# HUB_SHUTDOWN_GRACE is over before Docker kills.
FROM python:3.11-slim

COPY . /src
# The versions that the tests ran with.
RUN pip install --no-cache-dir --constraint /src/.ci/constraints.txt /src \
    && rm -rf /src \
    && useradd --uid 10001 --no-create-home hub \
    && install --directory --owner hub /data

ENV HUB_DATA_DIR=/data
VOLUME /data
WORKDIR /data
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["sh", "-c", "hub migrate && exec hub serve --host 0.0.0.0"]
