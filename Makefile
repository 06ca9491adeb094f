# make help lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test release bench bench-growth bench-web fuzz check deny web clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

run: ## install what is missing, build, and start everything with a demo line
	@scripts/setup.sh run
	@scripts/web.sh
	cargo build -p andon-cli
	@exec scripts/run-demo.sh

test: ## install what is missing and run every test
	@scripts/test.sh

release: ## build the fast binary: target/release/andon
	@scripts/setup.sh run
	@scripts/web.sh
	cargo build --release -p andon-cli

bench: release ## measure the release build, each figure beside its bare floor
	@scripts/bench.sh
	cargo bench -p andon-pipelines --bench resolve
	cargo bench -p andon-server --bench trace
	cargo bench -p andon-server --bench audit
	cargo bench -p andon-server --bench people

bench-growth: release ## measure what becomes slower with many pipelines, a long history (takes 8 GB of disk) and many followers
	@scripts/bench.sh growth

bench-web: release ## measure the page on 10,000 runs, on a line of 500 jobs, and its memory under 50 events a second
	@scripts/setup.sh test
	@scripts/bench-web.sh

fuzz: ## give every reader of foreign text a minute of nonsense
	@scripts/fuzz.sh

check: ## format and lints, Rust and web
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@scripts/web.sh
	npm --prefix web run --silent check

deny: ## licences, sources and doubled versions of the dependencies
	@cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing; get it with: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo fetch --locked
	cargo deny --offline check bans licenses sources

web: ## build the browser interface into web/dist
	@scripts/setup.sh run
	@scripts/web.sh

clean: ## remove what was built; data stays
	cargo clean
	rm -rf web/dist web/node_modules web/screenshots
