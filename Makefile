# Paths are relative, because the name of the project's folder may contain a space.
.DEFAULT_GOAL := help
PORT ?= 8000
ROWS ?= 300000
CERTIFICATIONS ?= 1000000
REMINDERS ?= 1000000
DEPLOYS ?= 10
export PORT
ASSET_SOURCES := package.json package-lock.json $(shell find assets -type f 2>/dev/null)
STATIC_SOURCES := $(shell find static locale -type f -not -path 'static/built/*' -not -name '*.mo' 2>/dev/null)

.PHONY: help run worker test coverage check bench drill scan screens rehearse backup restore assets lock

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: .venv/run.stamp var/static/staticfiles.json ## set up and start the portal on http://localhost:8000 (PORT=… for another)
	@.venv/bin/python bin/run

worker: .venv/worker.stamp ## run Celery's worker and timetable against REDIS_URL (QUEUES=urgent,bulk,default)
	@.venv/bin/python bin/worker

test: .venv/dev.stamp var/static/staticfiles.json ## run the whole suite: SQLite, then PostgreSQL with Redis and journeys in a browser
	@bin/test

coverage: .venv/dev.stamp var/static/staticfiles.json ## run the suite on PostgreSQL and report how much of the code it covers
	@bin/coverage

check: .venv/dev.stamp var/static/staticfiles.json ## check format, lint, types, imports, migrations, templates and states
	@bin/check

bench: .venv/dev.stamp var/static/staticfiles.json ## measure rosters (ROWS=…), certificates, orders (BASELINE=… for an old commit beside), growth, a rush (RUSH=…), lists (CERTIFICATIONS=…), reminders (REMINDERS=…), backup, audit, exports, runs, dispensing log, recalls
	@.venv/bin/python bench/roster.py $(ROWS)
	@.venv/bin/python bench/papers.py
	@.venv/bin/python bench/ordering.py
	@.venv/bin/python bench/growth.py
	@.venv/bin/python bench/rush.py
	@.venv/bin/python bench/patients.py $(CERTIFICATIONS)
	@.venv/bin/python bench/backup.py
	@.venv/bin/python bench/reminders.py $(REMINDERS)
	@.venv/bin/python bench/audit.py
	@.venv/bin/python bench/exports.py $(ROWS)
	@.venv/bin/python bench/runs.py
	@.venv/bin/python bench/log.py
	@.venv/bin/python bench/recall.py

drill: .venv/dev.stamp var/static/staticfiles.json ## run the long tests, which take more than an hour: 10,000 steps of a state machine, 200 people for 20 places, 5,000 odd requests
	@bin/drill

scan: .venv/dev.stamp var/static/staticfiles.json ## attack and crawl the whole portal, check its HTML, look for barriers, and measure ten pages with Lighthouse: 20 minutes
	@bin/setup scan
	@bin/scan

screens: .venv/dev.stamp var/static/staticfiles.json ## take a picture of every page at 1200 and 390 px in var/screens/, and those of the documentation
	@bin/screens

rehearse: .venv/dev.stamp var/static/staticfiles.json ## start the whole deployment without Docker, and break parts of it while people order (DEPLOYS=…: web hosts to replace)
	@.venv/bin/python bin/rehearse --deploys $(DEPLOYS) --control

backup: .venv/run.stamp ## write the whole database into var/backups/ (FILE=… for another place)
	@.venv/bin/python manage.py backup $(if $(FILE),--file "$(FILE)")

restore: .venv/run.stamp ## fill an empty database from a backup (FILE=…)
	@.venv/bin/python manage.py restore $(if $(FILE),"$(FILE)",$(error Name the backup: make restore FILE=var/backups/…))

assets: var/static/staticfiles.json ## compile the styles and collect the static files

lock: .venv/dev.stamp ## write requirements*.txt and package-lock.json again; versions that fit are kept
	@bin/lock

# bin/setup runs each time, because the lock, the Python or the folder may have changed.
.venv/run.stamp: FORCE
	@bin/setup run

.venv/worker.stamp: FORCE
	@bin/setup worker

.venv/dev.stamp: FORCE
	@bin/setup dev

FORCE:

node_modules/.package-lock.json: package-lock.json .npmrc | .venv/run.stamp
	@bin/node install

static/built/portal.css: node_modules/.package-lock.json $(ASSET_SOURCES)
	@bin/node build

var/static/staticfiles.json: static/built/portal.css requirements.txt $(STATIC_SOURCES)
	@bin/collect
