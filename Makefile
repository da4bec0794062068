# Needs make and a Python from 3.11 to 3.13; everything else is fetched into .venv and .bin.

UV_VERSION := 0.13.8
UV := $(shell command -v uv || echo .bin/uv/bin/uv)
PYTHON := $(shell for python in python3.12 python3.11 python3.13 python3 python; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && \
	command -v $$python && break; done)
VENV := .venv
INSTALLED := $(VENV)/installed
PLATFORMS := x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin

.DEFAULT_GOAL := help
.PHONY: help install demo demo-model up test test-fast test-servers test-postgres15 coverage robustness deploy-check lint types bench wheel platforms requirements schema pictures site

help:  ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 16

install: $(INSTALLED)  ## Make .venv from requirements.txt

$(INSTALLED): requirements.txt pyproject.toml | $(UV)
	$(if $(PYTHON),,$(error No Python from 3.11 to 3.13 found: install one and run again))
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --python $(VENV) --require-hashes requirements.txt
	$(UV) pip install --python $(VENV) --no-deps --editable .
	touch $@

.bin/uv/bin/uv:
	$(if $(PYTHON),,$(error No Python from 3.11 to 3.13 found: install one and run again))
	$(PYTHON) -m venv .bin/uv
	.bin/uv/bin/pip install --quiet uv==$(UV_VERSION)

demo: $(INSTALLED)  ## Run the whole pipeline on this machine, offline, and open the UI
	.venv/bin/museum demo

demo-model: $(INSTALLED)  ## Train the demo's model anew, in half an hour on two cores
	.venv/bin/python -m museum_assets.simulator.training

up: $(INSTALLED)  ## Start the services and the UI
	.venv/bin/museum up

# Three on two cores: many tests wait for processes that they killed, so that a third took a fifth off the time.
TOGETHER := -n 3 --dist loadfile --no-loadscope-reorder
test: $(INSTALLED)  ## Run the tests
	.venv/bin/pytest $(TOGETHER)

test-fast: $(INSTALLED)  ## Run the tests that need no service, in under a minute
	$(VENV)/bin/pytest -n 2 --dist worksteal -m "not integration and not slow"

# The resources' contracts, and what only real servers can show.
ON_SERVERS := tests/servers tests/resources/test_kafka.py tests/resources/test_s3.py tests/resources/test_postgres.py \
	tests/kiosk/stream $(if $(QDRANT_TEST_URL)$(shell command -v qdrant),tests/resources/vector_index)
test-servers: $(INSTALLED)  ## Run tests against real servers: given ones (docs/servers.md), else those to be had here
	.venv/bin/python -m pytest -p tests.servers.plugin --durations 10 $(ON_SERVERS)

# Migrations, the ledger, a museum through Dagster, releases and kiosk files: where Postgres' versions could differ.
ON_POSTGRES15 := tests/sql tests/loop/test_ledger.py tests/loop/test_run.py tests/collection/test_pipeline.py \
	tests/releases/test_promotion.py tests/releases/test_schema.py tests/kiosk/files/test_merge.py \
	tests/kiosk/files/test_exhibitions.py
test-postgres15: $(INSTALLED)  ## Run what stands in Postgres on Debian's PostgreSQL 15, or on DATABASE_TEST_URL
	.venv/bin/python -m pytest -p tests.servers.plugin --only-server postgres --durations 5 $(ON_POSTGRES15)

coverage: $(INSTALLED)  ## Run the tests and show the lines that none of them reached
	COVERAGE_CORE=sysmon .venv/bin/pytest $(TOGETHER) --cov --cov-report=term-missing:skip-covered

SEEDS := 20
robustness: $(INSTALLED)  ## Break the platform as SEEDS seeds plan it, or as SEED alone does
	.venv/bin/python -m tests.robustness $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

DEPLOY := .venv-deploy
MANIFESTS = $(filter-out %/kustomization.yaml %/dagster.yaml %/workspace.yaml %/cluster.yaml,$(wildcard deploy/kubernetes*/*.yaml))
GO := $(shell command -v go || command -v /usr/local/go/bin/go)
KUBERAY := github.com/ray-project/kuberay/ray-operator@v1.4.2
KUBERAY_SCHEMA := sed -n 's|.*"Dir": "\(.*\)".*|\1/config/crd/bases/ray.io_rayclusters.yaml|p'
deploy-check: $(DEPLOY)/installed $(INSTALLED)  ## Check what is in deploy/: image, manifests, dashboard, Terraform
	$(DEPLOY)/bin/hadolint deploy/Dockerfile
	.venv/bin/python -m tests.deploy.run_job $(DEPLOY)/run-job.json
	$(DEPLOY)/bin/kubernetes-validate --strict --quiet $(DEPLOY)/run-job.json $(MANIFESTS)
	$(if $(GO),$(DEPLOY)/bin/python tests/deploy/ray_schema.py $$($(GO) mod download -json $(KUBERAY) | $(KUBERAY_SCHEMA)) \
		deploy/kubernetes-ray/cluster.yaml,@echo "no Go: the Ray cluster is not held to KubeRay's schema")
	$(if $(shell command -v kubectl),kubectl kustomize deploy/kubernetes-ray > /dev/null,@echo "no kubectl: nothing kustomized")
	$(DEPLOY)/bin/python tests/deploy/dashboard_schema.py deploy/observability/dashboard.json
	$(DEPLOY)/bin/python -c 'import sys, hcl2; [hcl2.load(open(name)) for name in sys.argv[1:]]' deploy/terraform/*.tf
	$(if $(shell command -v terraform),terraform fmt -check -diff deploy/terraform,@echo "no terraform: format not checked")
	$(DEPLOY)/bin/checkov --quiet --compact --skip-download --framework terraform --directory deploy/terraform

$(DEPLOY)/installed: requirements-deploy.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(DEPLOY)
	$(UV) pip sync --quiet --python $(DEPLOY) --require-hashes requirements-deploy.txt
	touch $@

lint: $(INSTALLED)  ## Check style, format and that nothing imports upward
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports

types: $(INSTALLED)  ## Check types
	.venv/bin/mypy

bench: $(INSTALLED)  ## Measure the figures in docs
	.venv/bin/python -m bench

site: $(INSTALLED)  ## Build the documentation as one site into build/site; a broken link fails
	.venv/bin/mkdocs build --quiet

wheel: | $(UV)  ## Build the wheel and the source distribution into dist
	rm -rf dist
	$(UV) build --quiet --out-dir dist

platforms: | $(UV)  ## Check that every pinned package has wheels for each platform
	@for python in 3.11 3.12 3.13; do for platform in $(PLATFORMS); do \
		echo "Python $$python on $$platform"; \
		MACOSX_DEPLOYMENT_TARGET=14.0 $(UV) pip install --quiet --dry-run --target build/none --only-binary :all: \
		--python-version $$python --python-platform $$platform --requirements requirements.txt || exit 1; \
	done; done

requirements: | $(UV)  ## Resolve pyproject.toml anew into requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--upgrade pyproject.toml --extra dev --extra kubernetes --output-file requirements.txt
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--upgrade --group pyproject.toml:deploy --output-file requirements-deploy.txt

schema: $(INSTALLED)  ## Write sql/schema.sql anew from the migrations
	.venv/bin/python -m tests.support.schema_file

pictures: $(INSTALLED)  ## Draw the README's pictures anew, from `make demo` in another terminal
	.venv/bin/python -m tests.support.readme_pictures
