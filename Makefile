# make demo: everything from nothing to a board worth looking at.   make test: every test.
SWIFT ?= swift
PREFIX ?= /usr/local
DATA ?=
BUILD_RELEASE = .build/release
DEMO ?= demo

.PHONY: demo test test-browser test-api test-peers bench accuracy conformance lint format install clean deps build release assets

deps:
	@scripts/install-dependencies

assets:
	@scripts/embed-assets

build: deps assets
	$(SWIFT) build

release: deps assets
	$(SWIFT) build -c release --product caseboard

demo: release
	@scripts/demo $(BUILD_RELEASE)/caseboard $(DEMO)

test: deps assets
	@scripts/test

test-browser: release
	@scripts/test-browser $(BUILD_RELEASE)/caseboard

test-api: release
	@scripts/test-api $(BUILD_RELEASE)/caseboard

test-peers: release
	@scripts/test-peers $(BUILD_RELEASE)/caseboard

bench: deps assets
	$(SWIFT) build -c release --product CaseboardBenchmarks
	@$(BUILD_RELEASE)/CaseboardBenchmarks all

accuracy: deps assets
	@test -n "$(DATA)" || { echo "say where the labelled cases are: make accuracy DATA=DIR" >&2; exit 64; }
	$(SWIFT) build -c release --product CaseboardBenchmarks
	@$(BUILD_RELEASE)/CaseboardBenchmarks accuracy "$(DATA)" docs/accuracy.md docs/pictures/calibration.svg

conformance: deps assets
	@test -n "$(DATA)" || { echo "say where the corpora are: make conformance DATA=DIR" >&2; exit 64; }
	$(SWIFT) build -c release --product CaseboardBenchmarks
	@$(BUILD_RELEASE)/CaseboardBenchmarks conformance "$(DATA)"

lint:
	@scripts/lint

format:
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

install: release
	@install -d "$(DESTDIR)$(PREFIX)/bin"
	@install -m 755 $(BUILD_RELEASE)/caseboard "$(DESTDIR)$(PREFIX)/bin/caseboard"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/caseboard"

clean:
	rm -rf .build .build-* $(DEMO)
