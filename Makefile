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
# Hundreds of processes are started here: each would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/build/tools/bin:$(PATH)

.PHONY: help
help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

PILOTS := georgia-turkiye morocco-algeria tunisia-jordan kyrgyzstan-kazakhstan costa-rica-panama
.PHONY: pilots $(PILOTS:%=pilot-%)
pilots: $(PILOTS:%=pilot-%) ## the five pilots, each side's view at its end; FAST=1 without rests, -j2 -O two beside each other
$(PILOTS:%=pilot-%): pilot-%: setup
	@$(CONTAINED) $(PY) -m corridor lab run "pilots/$*" $(if $(FAST),--fast)

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
	@if command -v shellcheck >/dev/null; then shellcheck -x deploy/setup/*.sh requirements/*.sh tests/deb/*.sh tests/chaos/*.sh deploy/containers/*.sh .ci/run; fi

.PHONY: type
type: setup ## mypy --strict: the package and the scripts
	@.venv/bin/mypy

.PHONY: vectors
vectors: setup ## write proto/vectors again; `git diff` then shows what changed
	@$(PY) proto/vectors/generate.py

##@ install

.PHONY: deb
deb: setup ## the Debian package, with an environment of its own: build/deb/*.deb
	@$(CONTAINED) $(PY) deploy/debian/build.py

.PHONY: deb-test
deb-test: setup-test ## try it on two booted machines: install, join, upgrade, remove, purge (as root)
	@$(CONTAINED) $(PY) tests/deb/run_deb.py

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
# Cases alone where cases are named, random runs alone where those are; both where nothing is.
CHAOS_RANDOM = $(CHAOS_RUNS)$(CHAOS_SEED)$(CHAOS_FAULTS)
chaos: setup-test ## faults amid traffic; CHAOS_CASES=1,5,16|all|quick CHAOS_REAL=1; CHAOS_RUNS=N CHAOS_SEED=S; CHAOS_JOBS=J CHAOS_FAULTS=NAMES
	@$(if $(or $(CHAOS_CASES),$(if $(CHAOS_RANDOM),,all)),$(CONTAINED) $(PY) tests/chaos/run_cases.py $(or $(CHAOS_CASES),all))
	@$(if $(or $(CHAOS_RANDOM),$(if $(CHAOS_CASES),,all)),$(CONTAINED) $(PY) tests/chaos/run_chaos.py)

.PHONY: chaos-matrix
chaos-matrix: setup-test ## numbered cases on pairs of RabbitMQ versions, 3.10 with 4.x both ways (root; makes a Debian trixie); build/chaos/matrix.json
	@$(CONTAINED) $(PY) tests/chaos/run_matrix.py $(CHAOS_CASES)

.PHONY: drill
drill: setup-test ## the fault of every alert that pages, made and seen to fire; DRILL_REAL=1 in real time; build/drill/fired.json
	@$(CONTAINED) $(PY) tests/drill/run_drill.py $(ALERTS)

.PHONY: drill-restore
drill-restore: setup-test ## a node's disk is deleted under load and it comes back from its backup, as receiver and as sender
	@$(CONTAINED) $(PY) tests/run.py tests/integration/lab/test_lab_restore.py

.PHONY: bench
bench: setup-test ## Corridor beside plain pika in one run; build/bench/summary.json
	@$(CONTAINED) $(PY) tests/bench/run_bench.py

.PHONY: bench-attachments
bench-attachments: setup ## a file of 1 GiB from node to node, both killed on the way; ATTACH_MIB=64 for a look; build/bench/attachments.json
	@$(CONTAINED) $(PY) tests/bench/attachments.py

.PHONY: bench-lanes
bench-lanes: setup ## what URGENT waits while 1,000,000 BULK drain; LANES_RECORDS=50000 for a look; build/bench/lanes.json
	@$(CONTAINED) $(PY) tests/bench/lanes.py

.PHONY: soak
soak: setup ## an hour of steady traffic with faults; SOAK_MINUTES=N SOAK_RATE=N; build/soak/
	@$(CONTAINED) env PYTHONPATH=tests $(PY) tests/soak/run_soak.py $(if $(SOAK_MINUTES),--minutes $(SOAK_MINUTES)) $(if $(SOAK_RATE),--rate $(SOAK_RATE))

.PHONY: check
check: ## exactly what CI runs
	@.ci/run

.PHONY: clean
clean: ## remove what the verbs made, .venv included; Debian packages stay
	@deploy/setup/clean.sh
