# One hospital's node: SuperNode, API and page, daily job.
#
#   docker build -f docker/node.Dockerfile -t juntos-node .
#
# The base can be any image with Python 3.11. PyTorch comes from its index of builds for processors;
# without a way there, give PIP_FIND_LINKS, a folder or address with its wheel.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE} AS build
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ARG PIP_FIND_LINKS=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /build
RUN python -m venv /opt/juntos
COPY . .
RUN /opt/juntos/bin/pip install --constraint constraints.txt ".[client]" \
    && python -m venv /tmp/tools && /tmp/tools/bin/pip install --quiet cyclonedx-bom==7.3.0 \
    && /tmp/tools/bin/cyclonedx-py environment /opt/juntos/bin/python -o /opt/juntos/sbom.json \
    && /opt/juntos/bin/pip uninstall --quiet --yes pip setuptools \
    && find /opt/juntos -name __pycache__ -prune -exec rm -rf {} +

FROM ${BASE}
# Nobody's account on the host: what runs here owns its own folder and nothing else.
RUN groupadd --gid 10001 juntos \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /srv/juntos juntos \
    && install -d -o 10001 -g 10001 -m 0700 /srv/juntos
COPY --from=build /opt/juntos /opt/juntos
ENV PATH=/opt/juntos/bin:$PATH HOME=/srv/juntos PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /srv/juntos
VOLUME /srv/juntos
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
    CMD ["python", "-m", "client.service.healthy", "/srv/juntos/node"]
ENTRYPOINT ["juntos"]
CMD ["node", "serve", "--home", "/srv/juntos/node"]
