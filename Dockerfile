# Node compiles the styles; the image itself needs only Python.
FROM node:22.23.2-bookworm-slim AS styles
WORKDIR /portal
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional
COPY assets assets
COPY static static
RUN npm run build

# Debian 13, because its pg_dump fits the server of docker-compose.yml: backups need it.
FROM python:3.11.16-slim-trixie
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-17 && rm -rf /var/lib/apt/lists/*
WORKDIR /portal
COPY requirements.txt requirements-worker.txt requirements-setup.txt ./
COPY bin/setup bin/
# `worker` adds what only workers need: with numpy installed, fpdf2 would import it in each web process as well.
ARG PACKAGES=run
# The bytecode is compiled here: with a read-only root each process would compile it again, for seconds.
RUN PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 bin/setup $PACKAGES
COPY . .
COPY --from=styles /portal/static/built static/built
RUN bin/collect && useradd --system portal && chown portal var
USER portal
ENV PATH="/portal/.venv/bin:$PATH" DJANGO_SETTINGS_MODULE=mmp_portal.settings
EXPOSE 8000
CMD ["gunicorn", "mmp_portal.wsgi", "--config", "deploy/gunicorn.conf.py"]
