# The two commands of the README are `make reproduce` and `make test`; each does all of its set-up.
PYTHON ?= python3
SCALE ?= smoke
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup reproduce adopt test test-cluster test-gpu faults test-annotation unit annotate annotation-env lint lock lock-annotation gallery schema clean-venv

help:  ## what can be typed here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(READY)  ## make the virtual environment from the lock

# One environment for the pipeline; pip, because the lock's torch is whichever build this machine's index offers.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "ipt needs Python 3.11, 3.12 or 3.13; found %d.%d: make PYTHON=python3.12 ..." % v[:2])'
	@$(PYTHON) -c 'import venv, ensurepip' || { echo "the venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@echo "[1/3] virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@echo "[2/3] pinned packages (a few minutes the first time)"
	@$(BIN)/pip install --disable-pip-version-check --quiet --progress-bar off -r requirements.lock
	@$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --editable .
	@echo "[3/3] compiling the renderer"
	@$(BIN)/ipt warm-up
	@touch $@

reproduce: $(READY)  ## every table and figure at scale smoke (SCALE=micro is smaller), then dvc.lock
	$(BIN)/ipt reproduce --scale $(SCALE)

adopt: $(READY)  ## after `dvc pull`: Snakemake takes DVC's results as its own
	$(BIN)/ipt adopt --scale $(SCALE)

test-cluster: $(READY)  ## the whole DAG and every trouble on a real SLURM on loopback (root, slurm packages; long)
	$(BIN)/pytest -m slurm tests/cluster

# Everything that a machine without a GPU leaves unproved, in one command; prints what to put into docs/performance.md.
LAYERS ?= 4
test-gpu: $(READY)  ## on a GPU: kernels, bf16, NCCL, memory against the preflight, then MFU (LAYERS=4 of BAGEL)
	$(BIN)/pytest -m gpu -rs -s tests/gpu
	$(BIN)/python -m benchmarks.bagel --device cuda --layers $(LAYERS) --samples 2

# Which kills, and how many (tests/faults/kills.py); `--fresh 50` are fifty runs from nothing, about four hours.
KILLED ?= --parts 50 --again 50
faults: $(READY)  ## kills, flipped bytes, full disks, fuzzed files; prints its figures (an hour or two)
	$(BIN)/python tests/faults/run.py $(KILLED)

test: $(READY)  ## linters, types, unit tests, and the whole DAG at scale micro
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/mypy
	$(BIN)/pytest -n auto -m "not e2e"
	-@$(MAKE) --no-print-directory annotation-env  # where Label Studio cannot be installed, its tests skip and say so
	$(BIN)/pytest -n 2 --dist loadgroup -m "e2e and not long"

unit: $(READY)  ## the fast tests only
	$(BIN)/pytest -n auto -m "not e2e"

lint: $(READY)  ## format and check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile workflow/rules
	$(BIN)/mypy

gallery: $(READY)  ## results/gallery/index.html: what the embedded simulator looks like
	$(BIN)/ipt gallery

schema: $(READY)  ## write the JSON schema of a scale file from the types
	$(BIN)/ipt config schema > workflow/config/schema.json

# The CUDA packages that torch brings are left to torch: a machine without a GPU takes the CPU build of the same version.
LEFT_TO_TORCH := cuda-bindings cuda-pathfinder cuda-toolkit triton nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
  nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
  nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

# Label Studio pins packages that the pipeline cannot live with, so it has an environment of its own (1 GB).
ANNOTATION_VENV := annotation/.venv

annotation-env: $(ANNOTATION_VENV)/ready  ## install Label Studio into its own environment (about two minutes)

$(ANNOTATION_VENV)/ready: annotation/requirements.lock
	@echo "Label Studio in $(ANNOTATION_VENV) (about two minutes)"
	@$(PYTHON) -m venv --clear $(ANNOTATION_VENV)
	@$(ANNOTATION_VENV)/bin/pip install --disable-pip-version-check --quiet --progress-bar off -r annotation/requirements.lock
	@touch $@

annotate: $(READY) annotation-env  ## start Label Studio with the evaluation sets, ready for reviewers
	$(BIN)/ipt annotation serve --scale $(SCALE)

test-annotation: $(READY) annotation-env  ## real Label Studio, real browser (a few minutes)
	$(BIN)/pytest -m e2e tests/e2e/annotation

lock:  ## resolve requirements.lock again from pyproject.toml (needs uv)
	echo "torch==2.13.0" | uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  $(addprefix --no-emit-package ,$(LEFT_TO_TORCH)) --extra dev pyproject.toml - --output-file requirements.lock

lock-annotation:  ## resolve Label Studio's own lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate \
	  annotation/requirements.in --output-file annotation/requirements.lock

clean-venv:  ## remove the virtual environments
	rm -rf $(VENV) $(ANNOTATION_VENV)
