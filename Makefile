# Thin: every target is a recipe of `cargo xtask` (xtask/src, one file per noun).

# Compiled code lies outside the checkout, so that a fresh clone finds its dependencies compiled.
COUNTERSIGN_TARGET_DIR ?= $(HOME)/.cache/countersign/target
export COUNTERSIGN_TARGET_DIR
export CARGO_TARGET_DIR := $(COUNTERSIGN_TARGET_DIR)
# rustup's place, for shells that have not read its environment yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help run test watch bench prepare e2e screenshots size clean tools

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools ## Set up, build, and serve the demonstration organisation on http://127.0.0.1:3000
	@cargo xtask run $(ARGS)

test: tools ## Every check and test; ends with `N passed, N failed`
	@cargo xtask test

watch: tools ## Like run; rebuilds and restarts when a source changes
	@cargo xtask watch $(ARGS)

bench: tools ## Measure the server under load
	@cargo xtask bench $(ARGS)

prepare: tools ## Write the offline query data (server/.sqlx) after changing SQL
	@cargo xtask prepare $(ARGS)

e2e: tools ## Only the browser tests; ARGS go to Playwright
	@cargo xtask e2e $(ARGS)

screenshots: tools ## Take the pictures in docs/images
	@cargo xtask screenshots

size: tools ## The first load against its budget
	@cargo xtask site
	@cargo xtask size

clean: tools ## Remove the site, the Node packages and the demonstration data
	@cargo xtask clean

# Rust links with a C compiler, which a bare machine lacks. Not quiet: from cold this takes minutes.
tools:
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust 1.95 or later with rustup, then run this again'; exit 1; }
	@command -v cc >/dev/null || { echo 'install a C compiler'; \
		$$(test "$$(id -u)" = 0 || echo sudo) sh -c 'apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends gcc libc6-dev'; }
	@cargo build --package xtask
