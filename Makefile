# The verbs people type. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
PY := .venv/bin/python
STACK := $(PY) -m deployments.local
GROUPS := --group local --group test --group lint --group bench --group docs --group mutate --extra dask

# uv does not read pip's configuration: hand it the index that this machine is set up with.
INDEX := $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null)
ifneq ($(INDEX),)
export UV_DEFAULT_INDEX ?= $(INDEX)
endif

# Prefect and Great Expectations take long to compile: once, not in every process.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

.venv/ready: requirements.lock
	@echo "Setting up .venv from requirements.lock ..." >&2
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check uv
	@.venv/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements.lock
	@touch $@

.PHONY: demo
demo: .venv/ready ## From nothing to a loaded Odoo and its reports: starts everything, loads twice, meters
	@$(STACK) up
	@eval "$$($(STACK) env)" && $(PY) -m flows.demo "$$SAMPLE_MONTHS"
	@$(STACK) status

.PHONY: up
up: .venv/ready ## Start PostgreSQL, NexaCloud's sample, Lago's, Odoo 19 and Prefect with a worker; say where
	@$(STACK) up

.PHONY: deploy
deploy: .venv/ready ## Register the deployments with the Prefect at PREFECT_API_URL; again updates them
	@$(PY) -m deployments.apply

.PHONY: screenshots
screenshots: .venv/ready ## Take pictures of Prefect, Odoo and the reports of the running stack, into docs/
	@$(PY) -m deployments.local.screenshots

.PHONY: down
down: .venv/ready ## Stop what `make up` started, and nothing else
	@$(STACK) down

.PHONY: test
test: .venv/ready ## Run the tests, on real PostgreSQL and real Odoo
	@$(STACK) fetch
	@# Each process has a PostgreSQL, an Odoo and a Prefect of its own; a file's tests share them.
	@$(PY) -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

.PHONY: soak
soak: .venv/ready ## Run the long tests: a worker killed, the runbook's commands, Dask, more moments to kill at
	@$(PY) -m pytest -m soak

.PHONY: browser
browser: .venv/ready ## Go from a difference to the switch in a real Chromium, by keyboard; part of the soak
	@$(PY) -m pytest -m soak tests/browser

.PHONY: mutate
mutate: .venv/ready ## Change the pure code at random, 60 times: do the pure tests notice?
	@$(PY) -m tests.mutation

# What pylint knows of Odoo. Readers of values have a method `read` too; services are few; who has no
# environment takes `_`; the parts of a README stand in readme/.
PYLINT := $(PY) -m pylint --disable=all --enable=odoolint --score=no \
  --disable=method-required-super,no-search-all,prefer-env-translation,missing-readme

.PHONY: lint
lint: .venv/ready ## Check style, types, layers, spelling and that the lock fits pyproject.toml
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m codespell_lib
	@$(PYLINT) deployments/addons/*
	@# In the stand-in for Enterprise's app a concern of sale.order is a file.
	@$(PYLINT) --disable=consider-merging-classes-inherited deployments/addons_community/*

.PHONY: terms
terms: .venv/ready ## Write what of the addons can be translated, into their i18n/
	@$(PY) -m deployments.local.terms

.PHONY: bench
bench: .venv/ready ## Measure every part, side by side with what one would use instead
	@$(PY) -m tests.bench

.PHONY: lock
lock: .venv/ready ## Resolve pyproject.toml anew into requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header $(GROUPS) pyproject.toml --output-file requirements.lock
