# Everything is run from here; `make help` lists it. Each target sets up what it needs, once.

PYTHON ?= python3
TESTS ?=
TOOLCHAIN = $(or $(wildcard .venv/bin/python),$(PYTHON)) -I pyhealth/deployment/toolchain.py
FORGE = $$($(TOOLCHAIN) forge)

# Slither reports what it is told to: naming and gas hints are not faults, and packages are not ours.
# Block time is left out: periods here are hours and days, and a chain has no other clock.
SLITHER = .venv-analysis/bin/slither . --ignore-compile --compile-force-framework foundry \
	--foundry-out-directory build/slither/out --filter-paths 'node_modules|tests/' \
	--exclude timestamp --exclude-informational --exclude-optimization --fail-low --disable-color

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.solc
export ETH_HASH_BACKEND := pysha3

.PHONY: help setup demo test gas assurance bench compile lint format brownie lock doctor clean \
	pytest forge ruff types fmt slither fresh

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: ## make .venv, node_modules and .solc; the second time does nothing
	@$(TOOLCHAIN) setup

demo: setup ## start a chain, deploy, and run the main jobs on the sample inputs
	@.venv/bin/python scripts/demo.py

test: pytest forge ## run every test, in Python and in Solidity

assurance: setup ## run the long campaigns and print their figures into docs/
	@.venv/bin/python -m benchmarks.assurance

bench: setup ## run the benchmarks and print their figures into docs/
	@.venv/bin/python -m benchmarks

compile: setup ## compile the contracts that changed into pyhealth/artifacts
	@.venv/bin/python -m pyhealth.deployment.compiler

lint: ruff types fmt slither ## check format, style and types, and the contracts with slither

format: setup ## format the sources
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix
	@$(FORGE) fmt contracts tests/solidity

gas: setup ## measure the gas anew, into tests/gas.json
	@PYHEALTH_WRITE_GAS=1 .venv/bin/python -m pytest tests/test_gas.py

brownie: setup ## compile, deploy and test with Brownie, in an environment of its own
	@$(TOOLCHAIN) setup-brownie
	@.ci/brownie

lock: ## write requirements/*.txt and package-lock.json anew
	@.ci/lock

doctor: setup ## say whether this machine and the network can run the suite
	@.venv/bin/pyhealth doctor

clean: ## delete what was made, but for the data folder
	@rm -rf .venv .venv-analysis .venv-brownie node_modules .solc build dist out reports

# The single gates of test and lint; .ci/gates plants a fault before each.

pytest: setup
	@.venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal --timeout 600 $(TESTS)

forge: setup
	@$(FORGE) test

ruff: setup
	@.venv/bin/ruff check --quiet --output-format concise
	@.venv/bin/ruff format --check --quiet --output-format concise

types: setup
	@.venv/bin/mypy

fmt: setup
	@$(FORGE) fmt --check contracts tests/solidity

slither: setup
	@$(TOOLCHAIN) setup-analysis
	@rm -rf build/slither
	@FOUNDRY_OUT=build/slither/out FOUNDRY_CACHE_PATH=build/slither/cache \
		$(FORGE) build --build-info --skip 'tests/**' --quiet
	@$(SLITHER)

fresh: setup
	@.venv/bin/python -m pyhealth.deployment.compiler --check
