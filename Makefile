.DEFAULT_GOAL := help
PY := .venv/bin/python

.PHONY: proto
proto: ## generate node/corridor/wire/v1 from proto/
	$(PY) -m grpc_tools.protoc -I proto -I build/validate --python_out=node --mypy_out=node proto/corridor/wire/v1/*.proto
