# `make` lists the targets. All they install goes into .venv; they need Python 3.11 or newer, make and git.

PYTHON = python3
LAB_OPTIONS =
BIN := .venv/bin
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))
BENCHMARKS := $(sort $(wildcard benchmarks/*.py))

# Kernels are those of .venv, pictures stand in the notebook, and what threads and child processes print arrives
# on free-threaded Python too: whatever the shell that calls make has set.
export JUPYTER_PREFER_ENV_PATH = 1
export PYTHON_THREAD_INHERIT_CONTEXT = 0
unexport MPLBACKEND

# Those that the browser test knows, and the first that is here. Without one, `make test` leaves the browser test out.
BROWSERS = chromium chromium-browser google-chrome google-chrome-stable
BROWSER_HERE := $(firstword $(foreach name,$(BROWSERS),$(shell command -v $(name))))

.PHONY: help lab slides binder-link test browser-test notebooks benchmark requirements clean FORCE

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

# --- for learners ---

# JupyterLab refuses to run as root unless told to; without a display it prints its address and opens no browser.
lab: .venv/lab ## open the course in JupyterLab (PYTHON=python3.13 chooses another Python)
	@echo "JupyterLab starts. To stop it, press Ctrl-C twice."
	@$(BIN)/jupyter-lab --log-level=WARN $$(test "$$(id -u)" != 0 || echo --allow-root) \
		$$(test "$$(uname)" != Linux || test -n "$$DISPLAY$$WAYLAND_DISPLAY$$BROWSER" || echo --no-browser) \
		--ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/00_start_here.ipynb $(LAB_OPTIONS)

# --- for who teaches ---

slides: .venv/slides ## a deck of slides for each notebook, in slides/: HTML files that need no network
	$(BIN)/jupyter-nbconvert --config=docs/slides/config.py --output-dir=slides $(NOTEBOOKS)

REPO =
BRANCH = main
BINDER = https://mybinder.org/v2/gh/$(REPO)/$(BRANCH)?urlpath=lab%2Ftree%2Fnotebooks

binder-link: ## the links that open the course in Binder: make binder-link REPO=owner/name [BRANCH=main]
	@echo '$(REPO)' | grep -Eq '^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$$' || \
		{ echo 'REPO is to be the owner and the name on GitHub, as in make binder-link REPO=ada/taketurns' >&2; exit 2; }
	@echo '$(BINDER)%2F00_start_here.ipynb'
	@echo
	@echo '[![Open in Binder](https://mybinder.org/badge_logo.svg)]($(BINDER)%2F00_start_here.ipynb)'
	@echo
	@for name in $(notdir $(NOTEBOOKS)); do echo "[$${name%.ipynb}]($(BINDER)%2F$$name)"; done

# --- for who works on the course ---

# The settings of whoever runs this have no say in what the notebooks give.
test notebooks: export IPYTHONDIR = $(CURDIR)/.venv/ipython
test notebooks: export JUPYTER_CONFIG_DIR = $(CURDIR)/.venv/jupyter
test notebooks: export JUPYTER_DATA_DIR = $(CURDIR)/.venv/jupyter/data

test: .venv/test $(BROWSER_HERE:%=.venv/browser) ## lint, types, tests, and every notebook against its stored output
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest
	$(if $(NOTEBOOKS),$(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout=60 \
		--nbval-sanitize-with=tests/nbval_sanitize.cfg -p no:cacheprovider notebooks)

browser-test: .venv/browser ## every notebook in JupyterLab, in a real browser, which is installed where there is none
	$(if $(BROWSER_HERE),,@{ test "$$(id -u)" = 0 && apt-get -qq update && apt-get -qq install chromium; } || \
		$(BIN)/playwright install chromium)
	TAKETURNS_BROWSER=1 $(BIN)/pytest tests/test_browser.py

# Kept of the metadata: the kernel of the notebook, tags and slides of a cell. All else changes with the machine.
notebooks: .venv/test ## run all notebooks and store their outputs
	$(BIN)/jupyter-nbconvert --to notebook --execute --inplace --log-level=WARN \
		--ExecutePreprocessor.kernel_name=python3 --ExecutePreprocessor.timeout=60 \
		--ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
		--ClearMetadataPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}" \
		--ClearMetadataPreprocessor.preserve_cell_metadata_mask="{'tags', 'slideshow', 'jupyter'}" \
		$(NOTEBOOKS)

benchmark: .venv/benchmark ## run every benchmark
	@set -e; for benchmark in $(BENCHMARKS); do echo "== $$benchmark"; $(BIN)/python "$$benchmark"; done

requirements: .venv/test ## pin in requirements.txt what pyproject.toml asks for, for Python 3.11 to 3.15
	$(BIN)/pip install -q uv
	@set -e; { echo '# What a learner needs, for Python 3.11 to 3.15. Made by `make requirements` from pyproject.toml.'; \
		$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
			--no-header --no-annotate --extra course pyproject.toml; \
		echo '-e .'; } > .venv/requirements.txt
	mv .venv/requirements.txt requirements.txt

clean: ## remove .venv and all caches
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis slides
	find src tests benchmarks notebooks -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf

# --- the virtual environment ---
# Files in it tell how far it is: pyvenv.cfg (made by venv itself), and one for each set of packages (made when all of
# it is installed).

# It is made anew where its Python is gone, or is not the one that PYTHON=... on the command line asks for.
IT_RUNS := $(shell $(BIN)/python -VV 2>/dev/null)
ifeq ($(IT_RUNS),)
.venv/pyvenv.cfg: FORCE
else ifeq ($(origin PYTHON),command line)
ifneq ($(IT_RUNS),$(shell $(PYTHON) -VV 2>/dev/null))
.venv/pyvenv.cfg: FORCE
endif
endif

# What is wrong with PYTHON, in one line; nothing where it will do.
COMPLAINT = $(shell $(PYTHON) -c 'import sys; v = sys.version_info; \
	print("" if v >= (3, 11) else "taketurns needs Python 3.11 or newer, and $(PYTHON) is %d.%d" % v[:2])' \
	2>/dev/null || echo "there is no $(PYTHON) here")
WITHOUT_VENV = $(shell $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	echo "$(PYTHON) has no venv module (Debian and Ubuntu: apt install python3-venv)")

.venv/pyvenv.cfg:
	$(if $(COMPLAINT),$(error $(COMPLAINT): name another, as in make lab PYTHON=python3.13))
	$(if $(WITHOUT_VENV),$(error $(WITHOUT_VENV)))
	@echo "Making .venv with $$($(PYTHON) -V) ..."
	@$(PYTHON) -m venv --clear .venv

.venv/lab: .venv/pyvenv.cfg requirements.txt pyproject.toml postBuild
	@echo "Installing what the course needs; this takes a minute or two, once ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh postBuild
	@touch $@

.venv/test .venv/slides: .venv/lab
.venv/benchmark: .venv/test
.venv/browser: .venv/test .venv/slides
.venv/test .venv/slides .venv/benchmark .venv/browser:
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[$(@F)]'
	@touch $@
