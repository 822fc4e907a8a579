# One image for web, worker, clock and broker; the command says which.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY config/requirements.lock config/
RUN python -m venv /opt/hub \
    && /opt/hub/bin/pip install --no-cache-dir --no-deps --require-hashes -r config/requirements.lock
COPY . .
RUN /opt/hub/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim-bookworm
# The broker has a user of its own. It owns the folder of its socket, which the hub's group may enter.
RUN groupadd --system --gid 10001 hub && groupadd --system --gid 10002 broker \
    && useradd --system --uid 10001 --gid hub --home-dir /var/lib/hub --create-home hub \
    && useradd --system --uid 10002 --gid broker --groups hub --home-dir /nonexistent broker \
    && install -d -m 0750 -o broker -g hub /run/hub
COPY --from=build /opt/hub /opt/hub
COPY config/default.toml /etc/hub/default.toml
ENV PATH=/opt/hub/bin:$PATH \
    HUB_CONFIG=/etc/hub/default.toml \
    HUB_DATA_DIR=/var/lib/hub \
    HUB_WEB_HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/hub
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/health/live', timeout=2)"]
ENTRYPOINT ["hub"]
CMD ["work", "web"]
