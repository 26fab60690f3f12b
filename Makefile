# Each target installs what is missing first (scripts/setup) and works from a fresh clone.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build example test test-large test-zenml soak fuzz lint format bench golden clean

# uv and the other tools that scripts/setup brings from PyPI.
export PATH := $(CURDIR)/.tools/venv/bin:$(PATH)

# Linked statically, the program starts in half the time and needs no Swift where it runs.
RELEASE := -c release --static-swift-stdlib

SWIFT_SOURCES := $(wildcard Package.swift Sources Tests)
SHELL_SCRIPTS := $(wildcard scripts/* .ci/run base-images/debian/* deploy/image/build)

ZENML := $(CURDIR)/.tools/zenml-venv/bin/python

SERVICE_TESTS := ^(Service|ServiceAPI|ServiceClient|Database|Cooperage)Tests\.

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## the release build of .build/release/cooperage
	@scripts/setup build
	swift build $(RELEASE) --product cooperage

example: ## build examples/sklearn-pipeline to an OCI layout in out/, and tell how to run it
	@scripts/setup example
	swift build $(RELEASE) --product cooperage
	rm -rf out/sklearn-pipeline
	.build/release/cooperage build examples/sklearn-pipeline -o type=oci,dest=out/sklearn-pipeline
	@echo
	@echo 'Run it:              podman run --rm oci:out/sklearn-pipeline'
	@echo 'where podman may not:  podman --runtime runc --cgroup-manager cgroupfs run --rm --network host \'
	@echo '                           --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 oci:out/sklearn-pipeline'

test: ## lint, build and run all tests, against real registries and runtimes
	@scripts/setup test zenml
	@$(MAKE) --no-print-directory lint
	swift build --build-tests
	@# Tests that compute and wait for programs hold threads that servers and timers of other tests need. So the service's
	@# tests, whose clients wait for a limited time, run by themselves.
	scripts/run-tests --skip '$(SERVICE_TESTS)'
	scripts/run-tests --filter '$(SERVICE_TESTS)'
	$(ZENML) -m pytest -m quick integrations/zenml

test-large: ## run the tests that take minutes, too: a base made twice, wheels of a gigabyte
	@COOPERAGE_TEST_LARGE=1 $(MAKE) --no-print-directory test

test-zenml: ## run ZenML's pipelines by images that a Cooperage server built, and the CI jobs
	@scripts/setup zenml
	swift build --product cooperage
	$(ZENML) -m ruff check integrations/zenml
	cd integrations/zenml && $(ZENML) -m mypy
	$(ZENML) -m pytest integrations/zenml

soak: ## kill servers, take away what they need and load them, for half an hour; 500 faults of registries
	@scripts/setup test
	swift build --build-tests
	@# One after the other: what is measured is not to be another test's load.
	COOPERAGE_TEST_SOAK=1 scripts/run-tests --no-parallel \
		--filter 'CooperageTests\.(KillTests|LoadTests|SlowReaderTests|OutageTests|StopTests)|RegistryTests\.RandomFaultTests'

lint: ## check the format of the Swift sources, and the shell scripts
	@scripts/setup lint
	swift format lint --strict -r $(SWIFT_SOURCES)
	shellcheck $(SHELL_SCRIPTS)

format: ## bring the Swift sources into their format
	swift format format -i -r $(SWIFT_SOURCES)

bench: ## measure Cooperage beside buildah and uv
	@scripts/setup bench
	bench/run

fuzz: ## feed the reader of Dockerfiles with mutations by libFuzzer, FUZZ_SECONDS long (600)
	@scripts/setup build
	scripts/fuzz

golden: ## write the golden OCI layout of the tests anew
	@scripts/setup test
	scripts/regenerate-golden

clean: ## remove what was built; .tools/ and the cache stay
	rm -rf .build out bench/out bench/work
