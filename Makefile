# Everything below needs Python 3.11 or newer, make and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
STAMP := $(VENV)/.installed
WORKERS ?= auto
SEEDS ?= 10000
NODE_CLIENT := 1.6.10

.PHONY: run test check format lint types imports peers docs bench soak test-paper mutate clean

run: $(STAMP)  ## a whole simulated trading day in the terminal
	$(BIN)/sellcli start --simulate

test: $(STAMP)  ## every test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: format lint types imports test peers docs  ## all that CI runs

format: $(STAMP)
	$(BIN)/ruff format --check src tests bench docs scripts

lint: $(STAMP)
	$(BIN)/ruff check src tests bench docs scripts

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

peers: $(STAMP)  ## beside others: vectorbt and backtesting.py, and where npm is, the API's Node client
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench]"
	$(BIN)/python -m pytest -q -n $(WORKERS) tests/unit/backtest/account/test_peers.py
	@if npm install --silent --no-audit --no-fund --prefix $(VENV)/node @stoqey/ib@$(NODE_CLIENT) \
	    >/dev/null 2>&1; \
	then NODE_PATH=$(CURDIR)/$(VENV)/node/node_modules $(BIN)/python -m pytest -q -k node \
	    tests/gateway/test_conformance_other_clients.py; \
	else echo "npm cannot install @stoqey/ib: the Node client is left out"; fi

docs: $(STAMP)  ## the manual against the program
	$(BIN)/python -m pytest -q tests/integration/test_docs.py

bench: $(STAMP)  ## figures beside a reference, in one run
	$(BIN)/pip install --quiet -c constraints.txt -e ".[bench]"
	$(BIN)/python -m compileall -q src
	$(BIN)/python -m bench

soak: $(STAMP)  ## stories of days on which things go wrong: make soak SEEDS=100000
	$(BIN)/python -m tests.integration.simulation --seeds $(SEEDS)

test-paper: $(STAMP)  ## against a real paper account: SELLCLI_PAPER=host:port make test-paper
	$(BIN)/python -m pytest -q -rs tests/integration/test_paper.py

mutate: $(STAMP)  ## break the selling core in small ways: do the tests notice? ONLY=testimony for one
	$(BIN)/python scripts/mutate.py $(ONLY)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	$(BIN)/python -m compileall -q src
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
