# Needs make and a Python from 3.11 to 3.13; everything else is fetched into .venv and .bin.

UV_VERSION := 0.13.8
UV := $(shell command -v uv || echo .bin/uv/bin/uv)
PYTHON := $(shell for python in python3.12 python3.11 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && \
	command -v $$python && break; done)
INSTALLED := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help install demo up test lint types bench requirements

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 16

install: $(INSTALLED)  ## Make .venv from requirements.txt

$(INSTALLED): requirements.txt pyproject.toml | $(UV)
	$(if $(PYTHON),,$(error No Python from 3.11 to 3.13 found: install one and run again))
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(UV) pip sync --python .venv --require-hashes requirements.txt
	$(UV) pip install --python .venv --no-deps --editable .
	touch $@

.bin/uv/bin/uv:
	$(if $(PYTHON),,$(error No Python from 3.11 to 3.13 found: install one and run again))
	$(PYTHON) -m venv .bin/uv
	.bin/uv/bin/pip install --quiet uv==$(UV_VERSION)

demo: $(INSTALLED)  ## Run the whole pipeline on this machine, offline, and open the UI
	.venv/bin/museum demo

up: $(INSTALLED)  ## Start the services and the UI
	.venv/bin/museum up

test: $(INSTALLED)  ## Run the tests
	.venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED)  ## Check style and format
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: $(INSTALLED)  ## Check types
	.venv/bin/mypy

bench: $(INSTALLED)  ## Measure the figures in docs
	.venv/bin/python -m bench

requirements: | $(UV)  ## Resolve pyproject.toml anew into requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--upgrade pyproject.toml --extra dev --output-file requirements.txt
