# make build   the two Fluent Bit plugins and the command line, into build/
# make demo    build, and watch the built-in rule find pushed SSH keys
# make test    everything that this machine can test
# make bench | fuzz | race | lint | test-pure
# make guard    whether the engine has become slower; guard-renew says that it may
# make dist     the release for Linux on amd64 and arm64 and for Windows, into dist/
# make package  .deb and .rpm of it
# make test-dist | test-package | test-reproducible   what they made

SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO ?= go
CC ?= gcc
FUZZTIME ?= 20s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

export CGO_ENABLED ?= 1

GO_FILES := $(shell find conf detector plugin -name '*.go' -o -name '*.toml') go.mod go.sum
LDFLAGS := -s -w -X main.version=$(VERSION)
# The name under which in_detect.so finds the Go library that is loaded already.
SONAME := -extldflags '-Wl,-soname,out_detect.so'

.PHONY: all build demo test test-pure race fuzz bench guard guard-renew lint dist package test-dist test-package test-reproducible clean

all: build

build: build/out_detect.so build/in_detect.so build/fluent-detect build/host

build/out_detect.so: $(GO_FILES) $(wildcard plugin/fluentbit/*.[ch])
	@mkdir -p build
	$(GO) build -trimpath -buildmode=c-shared -ldflags "$(LDFLAGS) $(SONAME)" -o $@ ./plugin/fluentbit

build/in_detect.so: plugin/fluentbit/shim/in_detect.c build/out_detect.so
	$(CC) -std=c11 -Wall -Wextra -Werror -O2 -fPIC -shared -Wl,-soname,in_detect.so \
		-o $@ $< -Lbuild -l:out_detect.so -Wl,-rpath,'$$ORIGIN'

# The command line needs no C compiler.
build/fluent-detect: $(GO_FILES)
	@mkdir -p build
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o $@ ./plugin/fluent-detect

# The test host: loads both libraries and calls them as Fluent Bit does.
build/host: $(wildcard test/host/*.[ch])
	@mkdir -p build
	$(CC) -std=c11 -Wall -Wextra -Werror -O2 -g -o $@ $(wildcard test/host/*.c) -ldl -lpthread

demo: build
	@bash test/demo/run

test: build
	$(GO) vet ./...
	$(GO) test ./...

# The detector and the command line need no C compiler.
test-pure:
	CGO_ENABLED=0 $(GO) test ./conf/... ./detector/... ./plugin/fluent-detect/...

race:
	$(GO) test -race ./conf/... ./detector/... ./plugin/...

# Every fuzz target for FUZZTIME. What crashes one is kept as a seed by go test.
fuzz:
	test/fuzz/run $(FUZZTIME)

# BENCH_QUICK=1 takes two minutes, not twenty. DETECTION_RULES adds Elastic's rules.
bench: build
	$(GO) run ./test/bench

guard:
	$(GO) run ./test/bench/guard

guard-renew:
	$(GO) run ./test/bench/guard -renew

# SC2317: functions that check and within call look unused.
SCRIPTS = $(shell grep -rlIE '^\#!(/usr/bin/env bash|/bin/sh)$$' .ci conf test)

lint:
	@test -z "$$(gofmt -l conf detector plugin test)" || { gofmt -l conf detector plugin test; echo "these files are not gofmt'ed"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@if command -v shellcheck >/dev/null; then shellcheck -x -e SC2317 $(SCRIPTS) && echo "shellcheck: $(words $(SCRIPTS)) scripts"; \
		else echo "NOT TESTED  the scripts: shellcheck is not on PATH"; fi

# The scripts say in their first lines what they do.
dist:
	conf/package/dist

package: dist
	conf/package/package

# Need make package, and say which tools they miss.
test-dist:
	test/package/load
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
