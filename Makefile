# Everything a developer or operator runs from a checkout; `make help` lists it.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
COMPILE := $(VENV)/bin/uv pip compile --quiet --no-header --universal --python-version 3.13 \
	--generate-hashes --no-emit-index-url --no-emit-find-links

# Whether a Python is usable. Being found is not enough: a pyenv shim is there for every version
# that pyenv knows, and fails when that version is not selected.
IS_USABLE = -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null

# Each process of a test run would compile every test anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo try test check fuzz suites sequences sweep bench bundle cloud lock

help: ## List the targets.
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

setup: $(INSTALLED) ## Make .venv with Python 3.13 and the pinned requirements.

demo: $(INSTALLED) ## Lose a local Google Cloud and bring it back, with proof.
	$(PYTHON) -m tests.e2e.demo

try: $(INSTALLED) ## Run a local Google Cloud with a platform and its first backup, to try commands on, until Ctrl-C.
	@$(PYTHON) -m tests.e2e.by_hand

# A file stays in one process, which makes what its tests share once; the longest come first.
test: $(INSTALLED) ## Run every test that needs no real cloud; ARGS='-k name' runs some.
	$(PYTHON) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(INSTALLED) ## Check format, lint, types, import rules, weak spots, what Terraform and checkov say of terraform/, known vulnerabilities (without their service it fails, but for ARGS=--where-available), and that every test can be read.
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive functions manifests recovery
	@found=$$($(PYTHON) -m pytest --collect-only -q 2>&1) || { echo "$$found"; exit 1; }
	$(PYTHON) -m tests.judges.terraform $(ARGS)
	$(PYTHON) -m tests.judges.checkov $(ARGS)
	$(PYTHON) -m tests.judges.audit $(ARGS)

fuzz: $(INSTALLED) ## Give every decoder 100,000 aimed inputs, for hours, one on each processor, and count how each ends; ARGS=1000 are fewer.
	$(PYTHON) -m tests.fuzz $(ARGS)
	REBOUND_ACCEPTED=20000 $(PYTHON) -m pytest -q tests/fuzz/test_accepted.py tests/fuzz/test_accepted_journals.py

suites: $(INSTALLED) ## Run Google's own system tests of its clients against the local cloud.
	$(PYTHON) -m tests.judges.suites $(ARGS)

sequences: $(INSTALLED) ## Draw 50 walks of writes, runs, damage, recoveries, undos, repairs and expiry, and restore every kept point behind each step, for an hour; WALKS=5 are fewer.
	REBOUND_SEQUENCES=$(or $(WALKS),50) $(PYTHON) -m pytest tests/integration/test_sequences.py -k any_walk $(ARGS)

sweep: $(INSTALLED) ## Fire every fault at every call of backup and recovery, for hours; ARGS='--sample 100' makes so many of each, '--parallel 4' at once, '--record F' goes on.
	$(PYTHON) -m tests.sweep $(ARGS)

bench: $(INSTALLED) ## Measure backup and recovery on this machine.
	$(PYTHON) -m tests.bench

cloud: $(INSTALLED) ## Hold Rebound against the real cloud: PROJECT=a-sandbox-project; ARGS=--clean.
	$(PYTHON) -m tests.cloud $(PROJECT) $(ARGS)

bundle: $(INSTALLED) ## Pack the functions for deployment: dist/functions.zip.
	$(PYTHON) -m functions.bundle dist

lock: $(INSTALLED) ## Pin requirements/*.txt again; ARGS=--upgrade takes newer versions.
	$(COMPILE) $(ARGS) --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) $(ARGS) --output-file requirements/dev.txt --constraint requirements/runtime.txt \
		--group dev --group standin pyproject.toml
	$(COMPILE) $(ARGS) --output-file requirements/suites.txt --constraint requirements/dev.txt \
		--group suites
	$(COMPILE) $(ARGS) --output-file requirements/terraform.txt --group terraform
	$(COMPILE) $(ARGS) --output-file requirements/checkov.txt --group checkov

$(INSTALLED): requirements/dev.txt
	@$(PYTHON) $(IS_USABLE) || { \
		for python in python3.13 python3 python \
			"$$(pyenv prefix 3.13 2>/dev/null)/bin/python" \
			"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13*/bin/python \
			"$$(uv python find --system 3.13 2>/dev/null)"; do \
			"$$python" $(IS_USABLE) && exec "$$python" -m venv --clear $(VENV); \
		done; \
		echo "error: no Python 3.13 with venv on PATH, in pyenv or in uv" >&2; \
		echo "hint: pyenv install 3.13, or uv python install 3.13" >&2; \
		exit 1; }
	$(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/dev.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	$(PYTHON) -m tests.standin.bigquery.googlesql
	@touch $@
