# What one can do here. `make` alone lists it.

CONFIGURATION = release
BUILD = swift build --configuration $(CONFIGURATION)
# `swift test` alone would build everything a second time, with other flags. One test at a time: those that compute for
# seconds would keep the few threads from those that talk to a server.
TEST = swift test --configuration $(CONFIGURATION) --skip-build --no-parallel
BINARY = .build/$(CONFIGURATION)/suanpan
DATA_DIR ?= .suanpan
PORT ?= 8080
PORT_FLAG = --port $(PORT)

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what one can do here
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install the system packages that are missing, where that is possible
	@bash .ci/setup

.PHONY: build
build: setup ## Build everything
	$(BUILD)

.PHONY: run
run: setup ## Build, start a private PostgreSQL, load the fixtures and serve
	$(BUILD) --product suanpan
	@exec $(BINARY) serve --data-dir $(DATA_DIR) $(PORT_FLAG) --fixtures Fixtures

.PHONY: test
test: setup ## Run all tests, with a PostgreSQL that they start themselves
	@bash .ci/setup tests
	$(BUILD) --build-tests
	$(TEST)

.PHONY: contract
contract: setup ## Hold the running server against its own description, with tools from PyPI
	$(BUILD) --product suanpan
	@bash .ci/contract $(BINARY)

.PHONY: bench
bench: setup ## Measure: books, the exchange in memory, the durable path, start-up, snapshots, proofs, HTTP
	$(BUILD) --product suanpan
	@bash .ci/bench $(BINARY)

.PHONY: fuzz
fuzz: setup ## Fuzz: a million requests over HTTP, a million damaged frames, a million operations on the order book
	$(BUILD) --build-tests
	SUANPAN_FUZZ_OPERATIONS=1000000 SUANPAN_FUZZ_CASES=1000000 $(TEST) --filter 'MatchingTests|FuzzTests'

.PHONY: simulate
simulate: setup ## Do faults of 15 kinds to a real server under load, and simulate a random market of 200,000 commands
	$(BUILD) --build-tests
	SUANPAN_SIMULATION_COMMANDS=200000 SUANPAN_FAULT_CYCLES=5 $(TEST) --filter 'SimulationTests|FaultTests|CrashTests'

.PHONY: sanitize
sanitize: setup ## Run core, sequencer and persistence with the address and thread sanitizers (another build, many minutes)
	@bash .ci/sanitize

.PHONY: tidy
tidy: ## Check the arrows between modules, the width of lines and what must not be there
	@bash .ci/check-imports
	@bash .ci/check-sources

.PHONY: ci
ci: tidy test contract ## What must pass before a change lands

.PHONY: clean
clean: ## Remove what was built and the private database
	rm -rf .build $(DATA_DIR)
