# Everything a developer or a newcomer runs. Needs Python 3.11 or newer; uses uv when it is there.

PYTHON ?= $(shell for name in python3.11 python3 python3.12 python3.13; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
PACKAGES := revops definitions sla pipeline dashboards
PYTEST_WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix lock bench assets

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## Make .venv with everything for development

demo: $(VENV)/.runtime ## Serve the sample company (no other setup needed)
	@$(BIN)/python manage.py demo

test: $(VENV)/.dev ## Run the quick tests, then those in a browser where there is Chromium
	@$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist worksteal -m "not production and not faults and not e2e"
	@$(BIN)/python scripts/browser.py
	@$(BIN)/python -m pytest -q -n $(PYTEST_WORKERS) --dist loadfile -m e2e

check: $(VENV)/.dev ## Run every static check; CI runs the same
	$(BIN)/python scripts/lock.py --check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djhtml --check templates
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py makemigrations --check --dry-run

fix: $(VENV)/.dev ## Repair what tools can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djhtml templates
	$(BIN)/python scripts/settings_table.py

lock: $(VENV)/.dev ## Write requirements*.txt again from pyproject.toml
	$(BIN)/python scripts/lock.py

bench: $(VENV)/.dev ## Measure against floors and peers
	$(BIN)/python manage.py bench all

assets: ## Fetch the smaller chart bundle with npm (optional)
	@mkdir -p static/vendor && cd static/vendor && \
	npm pack --silent plotly.js-finance-dist-min@3 >/dev/null && \
	tar -xzf plotly.js-finance-dist-min-*.tgz package/plotly-finance.min.js && \
	mv package/plotly-finance.min.js plotly.min.js && rm -r package *.tgz && \
	echo "static/vendor/plotly.min.js is now the finance bundle"

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed"; exit 1; }
ifeq ($(UV),)
	$(PYTHON) -m venv $(VENV)
else
	$(UV) venv --quiet --allow-existing --seed --python $(PYTHON) $(VENV)
endif

# The hash of the lock is the stamp's content, so a checkout that only touches the file is free.
$(VENV)/.runtime: requirements.txt | $(VENV)/bin/python
	@$(call install,requirements.txt,$@)

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	@$(call install,requirements-dev.txt,$@)
	@touch $(VENV)/.runtime

ifeq ($(UV),)
installer := $(BIN)/python -m pip install --quiet --disable-pip-version-check
else
installer := VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet
endif

define install
sum="$$(cksum < $(1))"; \
if [ "$$(cat $(2) 2>/dev/null)" = "$$sum" ]; then touch $(2); \
else echo "Installing $(1)"; $(installer) --require-hashes -r $(1) && echo "$$sum" > $(2); fi
endef
