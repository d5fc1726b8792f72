# Two commands are enough for a fresh Debian or Ubuntu with Rust, Node and make: `make run` and `make test`.
# Each target is a script of the same name in scripts/.

# make itself knows AS as the assembler, so `?=` would not set it.
ifeq ($(origin AS),default)
AS := maria
endif
PEERS ?=
SEEDS ?= 100000

.DEFAULT_GOAL := help
.PHONY: help run test soak bench lint types check-mobile screens clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Open the app on a demo county (AS=maria, sam or dev)
	@scripts/run $(AS)

test: ## Install what is missing and run every test
	@scripts/test

soak: ## Simulate SEEDS more counties in which everything goes wrong
	@SIM_FIRST=$${SIM_FIRST:-10000} SIM_SEEDS=$(SEEDS) cargo test --quiet -p tests --test sim -- --nocapture whatever

bench: ## Measure into target/bench/results.jsonl (PEERS=folder adds comparisons)
	@scripts/bench $(PEERS)

lint: ## Formatting, clippy, documentation and screens; warnings fail
	@scripts/lint

types: ## Write the screens' types anew from the Rust code
	@WRITE_TYPES=1 cargo test --quiet -p app --test typescript

check-mobile: ## Type-check the whole app for Android and iOS
	@scripts/check-mobile

screens: ## Draw every main screen of the real app into target/screens
	@scripts/screens

clean: ## Remove what was built, the demo county included
	@rm -rf "$${CARGO_TARGET_DIR:-target}" ui/dist && echo "clean: nothing built is left"
