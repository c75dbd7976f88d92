# Two commands matter: `make run` serves on http://127.0.0.1:8000, `make test` runs everything.
SHELL := /bin/bash
SWIFT := swift
BIN := .build/debug/leadwire
RELEASE := .build-release
PORT ?= 8000
DATA ?= data
VENV := .build-venv

.PHONY: help run demo build release setup setup-tests test test-swift test-live check format lint fuzz soak bench bench-fanout bench-quality docs clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: release ## Install what is missing, build, serve on http://127.0.0.1:8000 with the embedded store
	exec $(RELEASE)/release/leadwire serve --port $(PORT) --data $(DATA)

demo: release ## The same, with invented leads (labelled as such) arriving
	scripts/demo.sh $(RELEASE)/release/leadwire $(PORT)

setup: ## Install what building and running need (apt); says what it does, does nothing twice
	@scripts/setup.sh run

setup-tests: ## Install what the tests need as well (apt, and PyPI into .build-venv)
	@scripts/setup.sh test

build: setup ## Debug build
	$(SWIFT) build --build-tests

release: setup ## Release build, in a folder of its own
	$(SWIFT) build -c release --product leadwire --scratch-path $(RELEASE)

test: setup-tests ## Everything: units, stores, live server, browser, contract
	scripts/test.sh

test-swift: setup ## The Swift tests alone
	$(SWIFT) test

check: lint test docs fuzz ## What CI runs: format and lint, warnings as errors, tests, documents, fuzzing for a minute

lint: ## Format and lint, strict
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks FuzzTesting SoakTesting

format: ## Format in place
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks FuzzTesting SoakTesting

fuzz: setup ## Fuzz the parsers and model loaders for a minute
	FuzzTesting/run.sh

soak: setup-tests ## Long checks of the stream: sanitizers, a slow reader, resuming clients, churn (40 minutes)
	scripts/soak.sh

bench-fanout: setup ## Race the stream against nchan and uWebSockets (10 minutes; installs them)
	@scripts/setup.sh fanout
	Benchmarks/fanout/run.sh

bench: setup-tests release ## Measure against the Python stack, libxgboost and other learners; writes Benchmarks/results
	Benchmarks/run.sh $(RELEASE)/release/leadwire
	Benchmarks/quality/run.sh $(RELEASE)/release/leadwire compare

bench-quality: setup release ## Measure what training learns against other libraries, and whether confidence holds (an hour)
	Benchmarks/quality/run.sh $(RELEASE)/release/leadwire

docs: ## Check that the documents and the OpenAPI page say what the program says
	scripts/docs.sh

clean: ## Remove build folders (a first build takes minutes)
	rm -rf .build .build-*
