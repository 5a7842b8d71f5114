# make build    builds the Fluent Bit plugins and the program, in build/
# make demo     builds, and runs the built-in rule on the bundled events
# make test     runs all tests that this machine can run
# make opensearch   fetches an OpenSearch for them (mvn, a JDK)
# make bench | fuzz | race | lint | test-pure
# make guard    fails if the engine has become slower; guard-renew accepts that
# make dist     makes the release for Linux (amd64, arm64) and Windows, in dist/
# make package  makes its .deb and .rpm
# make test-dist | test-package | test-reproducible   test the release

SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO ?= go
CC ?= gcc
FUZZTIME ?= 20s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
DEADCODE := golang.org/x/tools/cmd/deadcode@v0.49.0

export CGO_ENABLED ?= 1

GO_FILES := $(shell find conf detector plugin -name '*.go' -o -name '*.toml') go.mod go.sum
LDFLAGS := -s -w -X main.version=$(VERSION)
# The name by which the inputs find the Go library, which is already loaded, and what
# keeps the Go runtime from starting before Fluent Bit has forked.
EXTLDFLAGS := -Wl,-soname,out_detect.so -T \"$(CURDIR)/plugin/fluentbit/runtime.ld\"

# fluent-bit-go imports ugorji/go/codec for a decoder that is not used here; without this
# tag the linker keeps 870 KB of it.
TAGS := notfastpath

.PHONY: all build opensearch demo test test-pure race fuzz bench guard guard-renew lint dist package test-dist test-package test-reproducible clean

all: build

build: build/out_detect.so build/in_detect.so build/in_cloudtrail.so build/fluent-detect build/host

build/out_detect.so: Makefile $(GO_FILES) $(wildcard plugin/fluentbit/*.[ch] plugin/fluentbit/*.ld)
	@mkdir -p build
	$(GO) build -trimpath -buildmode=c-shared -tags "$(TAGS)" -ldflags "$(LDFLAGS) -extldflags '$(EXTLDFLAGS)'" -o $@ ./plugin/fluentbit

build/in_%.so: plugin/fluentbit/shim/in_%.c plugin/fluentbit/shim/input.h build/out_detect.so
	$(CC) -std=c11 -Wall -Wextra -Werror -O2 -fPIC -shared -Wl,-soname,in_$*.so \
		-o $@ $< -Lbuild -l:out_detect.so -Wl,-rpath,'$$ORIGIN'

# The program needs no C compiler.
build/fluent-detect: $(GO_FILES)
	@mkdir -p build
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $@ ./plugin/fluent-detect

# The test host loads both libraries and calls them as Fluent Bit does.
build/host: $(wildcard test/host/*.[ch])
	@mkdir -p build
	$(CC) -std=c11 -Wall -Wextra -Werror -O2 -g -o $@ $(wildcard test/host/*.c) -ldl -lpthread

# A node of OpenSearch for the tests, which are skipped without one.
opensearch:
	test/opensearch/fetch build/opensearch

demo: build
	@bash test/demo/run

# Those that take longest begin first: they wait more than they work.
test: build
	$(GO) vet ./...
	$(GO) test ./test/e2e ./test/hosted ./...

# The detector and the program need no C compiler.
test-pure:
	CGO_ENABLED=0 $(GO) test ./conf/... ./detector/... ./plugin/fluent-detect/...

race:
	$(GO) test -race ./conf/... ./detector/... ./plugin/...

# Runs every fuzz target for FUZZTIME. go test keeps inputs that fail as seeds.
fuzz:
	test/fuzz/run $(FUZZTIME)

# BENCH_QUICK=1 takes two minutes instead of twenty. DETECTION_RULES adds Elastic's
# rules.
bench: build
	$(GO) run ./test/bench

guard:
	$(GO) run ./test/bench/guard

guard-renew:
	$(GO) run ./test/bench/guard -renew

# Functions that are called by C, in the plugins for Fluent Bit, look dead.
CALLED_BY_C := ^plugin/fluentbit/|^test/bench/decode/

# SC2317: functions that check and within call look unused.
SCRIPTS = $(shell grep -rlIE '^\#!(/usr/bin/env bash|/bin/sh)$$' .ci conf test)

lint:
	@test -z "$$(gofmt -l conf detector plugin test)" || { gofmt -l conf detector plugin test; echo "run gofmt on these files"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@found="$$($(GO) run $(DEADCODE) -test ./...)" || exit 1; \
		if grep -vE '$(CALLED_BY_C)' <<<"$$found"; then echo "these functions are never called"; exit 1; fi
	@if command -v shellcheck >/dev/null; then shellcheck -x -e SC2317 $(SCRIPTS) && echo "shellcheck: $(words $(SCRIPTS)) scripts"; \
		else echo "NOT TESTED  the scripts: shellcheck is not on PATH"; fi

# The first lines of each script say what it does.
dist:
	conf/package/dist

package: dist
	conf/package/package

# These need make package, and report missing tools.
test-dist:
	test/package/load
	test/package/signature
	test/package/windows

test-package:
	test/package/contents
	test/package/install
	test/package/systemd
	test/package/images

test-reproducible:
	test/package/reproducible

clean:
	rm -rf build dist
