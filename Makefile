# Nothing is presumed but make and Python 3.11 or newer. `make run PYTHON=python3.12` uses another than python3.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
UPGRADE ?=
# What is compiled is kept, or each of the many processes that the tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test bench lock clean chromium pictures

run: $(VENV)/.run
	@$(BIN)/relance up

test: $(VENV)/.test chromium
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 3 --dist worksteal --ignore tests/browser
	$(BIN)/pytest -n 2 --dist worksteal tests/browser

# Debian's own package, the one without windows or whole, where that can be installed without asking anybody; else the
# tests in a browser are skipped.
chromium:
	@for name in chromium-headless-shell chromium chromium-browser google-chrome; do \
		! command -v $$name >/dev/null || exit 0; \
	done; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null; then \
		echo "Installing Chromium for the tests in a browser …"; \
		$$as_root apt-get update -qq >/dev/null 2>&1; \
		for name in chromium-headless-shell chromium; do \
			$$as_root env DEBIAN_FRONTEND=noninteractive \
				apt-get install -qq --no-install-recommends $$name >/dev/null 2>&1 && exit 0; \
		done; \
	fi; \
	echo "There is no Chromium: the tests in a browser are skipped." >&2

bench: $(VENV)/.run
	@$(BIN)/python -m bench

# Those of README.md, anew, in the typeface of this machine's system.
pictures: $(VENV)/.test chromium
	$(BIN)/python -m docs.pictures.take

lock: $(BIN)/uv
	$(COMPILE) --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) build relance.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find relance tests bench -name __pycache__ -prune -exec rm -rf {} +

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group install \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

# Each stamp is younger than the lock that was installed last, so that a second start installs nothing.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/.made
	@echo "Installing what Relance needs into $(VENV) …"
	@$(PIP) --require-hashes --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need into $(VENV) …"
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Relance needs Python 3.11 or newer, and “$(PYTHON)” is none. Install it, or name it: make run PYTHON=python3.12" >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(BIN)/uv: | $(VENV)/.made
	@$(PIP) uv
