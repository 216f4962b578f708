# The commands everybody uses. Longer steps live in dev/, one script for each job; `make help` lists what is here.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# On CI every run is a fresh clone: a target folder outside of it stays warm from one run to the next.
# There the lock file is law, too; at a desk cargo may write it.
ifeq ($(CI),true)
CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/liaison/target
export CARGO_TARGET_DIR
CARGO_FLAGS ?= --locked
export CARGO_FLAGS
endif

# rustup's folder is often missing from the PATH of a shell that was open while Rust was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin

TARGET := $(or $(CARGO_TARGET_DIR),target)
BIN := $(TARGET)/release/liaison

# More arguments for the program behind a target: make demo ARGS="--listen 127.0.0.1:9000"
ARGS ?=

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: build ## Build everything, then start the demo on this machine
	@$(BIN) demo $(ARGS)

.PHONY: build
build: web ## Release binary with the web client inside: target/release/liaison
	cargo build $(CARGO_FLAGS) --release -p liaison-server --bin liaison
	@echo "$(BIN)"

# The binary embeds web/build, so the client comes first. The script does nothing while its inputs are unchanged.
.PHONY: web
web: ## Build the web client (only when its sources changed)
	@dev/need build
	@dev/web

.PHONY: test
test: ## Every test: web, Rust on SQLite and PostgreSQL, browser stories
	@dev/need test
	@dev/test

.PHONY: test-web
test-web: ## Only the tests of the web client
	@dev/need build
	@dev/test web

.PHONY: test-rust
test-rust: ## Only the Rust tests; ARGS goes to the test runner
	@dev/need test
	@dev/test rust -- $(ARGS)

.PHONY: e2e
e2e: ## Only the browser stories; ARGS goes to Playwright
	@dev/need test
	@dev/test e2e -- $(ARGS)

.PHONY: check
check: ## Format, lints, types, translations, generated files
	@dev/need check
	@dev/check

.PHONY: gen
gen: ## Write openapi.json, the web client's schema.ts and docs/LICENCES.md anew
	@dev/need build
	@dev/generated write

.PHONY: bench
bench: build ## Measure a release build; ARGS goes to the generator
	LIAISON_BIN="$(abspath $(BIN))" cargo run $(CARGO_FLAGS) --release -p liaison-bench -- $(ARGS)

.PHONY: campaign
campaign: ## The random tests twenty times as long as on CI; LIAISON_CAMPAIGN says how many times
	@dev/need test
	LIAISON_CAMPAIGN=$${LIAISON_CAMPAIGN:-20} PROPTEST_CASES=$${PROPTEST_CASES:-20000} dev/test rust -- --no-capture -E 'test(/^(.*::)?(i(03|16|17|18|19|32|33)|b16_b18)_/) + package(liaison-policy)'
