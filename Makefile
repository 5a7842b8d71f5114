# make build   the two Fluent Bit plugins and the command line, into build/
# make demo    build, and watch the built-in rule find pushed SSH keys
# make test    everything that this machine can test
# make bench | fuzz | race | lint | test-pure
# make dist    the release for Linux on amd64 and arm64, into dist/
# make package .deb and .rpm of it | test-dist | test-package

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

.PHONY: all build demo test test-pure race fuzz bench lint dist package check-dist test-dist test-package clean

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
	@set -e; for p in $$($(GO) list ./detector/...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -parallel 2 $$p; \
		done; \
	done

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./detector/...

lint:
	@test -z "$$(gofmt -l conf detector plugin test)" || { gofmt -l conf detector plugin test; echo "these files are not gofmt'ed"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

# The scripts say in their first lines what they do.
dist:
	conf/package/dist

package: dist
	conf/package/package

# The release libraries of this machine's platform, and which glibc they need.
check-dist:
	conf/package/build $$($(GO) env GOHOSTARCH) build/release
	conf/package/check-glibc build/release/*

# Need make dist, and say which tools they miss.
test-dist:
	test/package/load
	test/package/reproducible

test-package:
	test/package/install

clean:
	rm -rf build dist
