# Every verb that a developer, CI or a first visitor uses. `make` alone lists them.
# The work is done by scripts; this file only names them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# Whatever a verb starts has ended when the verb has: see deploy/setup/contained.py.
CONTAINED := $(PY) deploy/setup/contained.py
SOURCES := node tests deploy docs proto
export PATH := $(CURDIR)/build/tools/bin:$(PATH)

.PHONY: help
help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ getting ready (every verb below does this by itself)

.PHONY: setup setup-test
setup: ## Debian packages, .venv, generated code; quick where done already
	@deploy/setup/setup.sh
setup-test:
	@deploy/setup/setup.sh --test

.PHONY: proto
proto: ## generate node/corridor/wire/v1 again from proto/
	@deploy/setup/venv.sh
	@deploy/setup/proto.sh --force

.PHONY: lock
lock: setup ## compile requirements/*.txt again from requirements/*.in (needs uv)
	@requirements/compile.sh

##@ see it work

.PHONY: demo
# 6: proved, and some files of INPUT were refused by name, which the account lists.
demo: setup ## three countries on this machine exchange records; INPUT=DIR MAP=GB=TR,.. for real files
	@$(CONTAINED) $(PY) -m corridor lab demo --summary build/demo/summary.json \
	  $(if $(INPUT),--input "$(INPUT)" --map "$(MAP)") || [ $$? -eq 6 ]

.PHONY: pilots
pilots: setup ## the five pilots, one network after the other, each side's view at its end; FAST=1 without rests
	@for name in georgia-turkiye morocco-algeria tunisia-jordan kyrgyzstan-kazakhstan costa-rica-panama; do \
	  $(CONTAINED) $(PY) -m corridor lab run "pilots/$$name" $(if $(FAST),--fast) || exit; \
	done

##@ write

.PHONY: fix
fix: setup ## format, and apply the safe fixes of the linter
	@.venv/bin/ruff check --fix --quiet $(SOURCES) || true
	@.venv/bin/ruff format $(SOURCES)

.PHONY: lint
lint: setup ## ruff, import floors, schema lint and compatibility, shell scripts
	@.venv/bin/ruff check $(SOURCES)
	@.venv/bin/ruff format --check --quiet $(SOURCES)
	@.venv/bin/lint-imports --cache-dir build/import-linter
	@$(PY) proto/check.py
	@requirements/check.sh
	@if command -v shellcheck >/dev/null; then shellcheck -x deploy/setup/*.sh requirements/*.sh .ci/run; fi

.PHONY: type
type: setup ## mypy --strict: the package and the scripts
	@.venv/bin/mypy

.PHONY: vectors
vectors: setup ## write proto/vectors again; `git diff` then shows what changed
	@$(PY) proto/vectors/generate.py

##@ prove

.PHONY: test
test: setup-test ## everything, real brokers included, with the coverage floors; ONLY=PATH for a part
	@$(CONTAINED) $(PY) tests/run.py $(ONLY)

.PHONY: simulate
simulate: setup-test ## the simulator alone; SIMULATE=N multiplies its schedules
	@$(CONTAINED) $(PY) tests/run.py tests/simulator

.PHONY: coverage
coverage: ## the coverage of the last test run, line by line
	@$(PY) tests/coverage_gate.py --lines

.PHONY: fuzz
fuzz: setup ## hostile envelopes and statements; FUZZ_CASES=N FUZZ_SEED=S; build/fuzz/summary.json
	@$(CONTAINED) $(PY) tests/fuzz/run_fuzz.py

.PHONY: api-fuzz
api-fuzz: setup ## the HTTP gateway of a real node, from its OpenAPI document; API_CASES=N API_SEED=S
	@$(CONTAINED) $(PY) tests/fuzz/run_api.py

.PHONY: chaos
chaos: setup-test ## faults amid traffic; CHAOS_RUNS=N CHAOS_SEED=S CHAOS_JOBS=J CHAOS_FAULTS=NAMES; build/chaos/summary.json
	@$(CONTAINED) $(PY) tests/chaos/run_chaos.py

.PHONY: bench
bench: setup ## Corridor beside plain pika in one run; build/bench/summary.json
	@$(CONTAINED) $(PY) tests/bench/run_bench.py

.PHONY: soak
soak: setup ## an hour of steady traffic with faults; SOAK_MINUTES=N SOAK_RATE=N; build/soak/
	@$(CONTAINED) env PYTHONPATH=tests $(PY) tests/soak/run_soak.py $(if $(SOAK_MINUTES),--minutes $(SOAK_MINUTES)) $(if $(SOAK_RATE),--rate $(SOAK_RATE))

.PHONY: check
check: ## exactly what CI runs
	@.ci/run

.PHONY: clean
clean: ## remove what the verbs made, .venv included; Debian packages stay
	@deploy/setup/clean.sh
