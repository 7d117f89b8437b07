# Everything a developer does here. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# As in the container: the server is one static program, and no C compiler is needed.
export CGO_ENABLED = 0

# What is compiled does not depend on the folder: a further checkout, or a copy of this one, compiles nothing again.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

GO_FILES = $(shell find . -name '*.go' -not -path '*/node_modules/*')

# Tests that compare a committed file with what the code says, and rewrite it when given -update.
GOLDENS := ./migrations ./internal/config ./internal/delivery

PLAYGROUND := web/playground
PLAYGROUND_SOURCES := $(shell find $(PLAYGROUND) \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)
KEEPER := web/keeper
KEEPER_SOURCES := $(shell find $(KEEPER) \( -name node_modules -o -name dist -o -path '*/src/gql' \) -prune -o -type f -print 2>/dev/null) $(wildcard graph/*.graphqls)
NPM_PROJECTS := $(patsubst %/package-lock.json,%,$(wildcard web/*/package-lock.json clients/package-lock.json))

## run: start the server; installs Postgres and builds the web app and the playground if need be
.PHONY: run
run:
	@[ -n "$${DATABASE_URL:-}" ] || scripts/deps.sh postgres
	@$(MAKE) --no-print-directory keeper playground || echo 'warning: the server starts without a freshly built web app or playground' >&2
	go build -o bin/purser .
	@exec bin/purser

## test: everything CI checks: formatting, vet, generated files, all tests
.PHONY: test
test:
	@$(MAKE) --no-print-directory -j3 deps npm lint-quick generate-check
	@$(MAKE) --no-print-directory -j2 keeper playground
	go test -vet=off -ldflags='-s -w' -shuffle=on -count=1 -parallel 6 -timeout 20m ./...

## test-long: all tests under the race detector, with more clients, rounds and faults (see ledgertest.Size)
.PHONY: test-long
test-long: deps npm keeper playground
	CGO_ENABLED=1 PURSER_LONG=1 go test -race -shuffle=on -count=1 -parallel 4 -timeout 60m ./...

## fuzz: a minute each on what strangers send: bodies, messages of sockets, scalars, amounts, numbers
.PHONY: fuzz
fuzz:
	go test ./internal/httpapi -run '^$$' -fuzz '^FuzzBody$$' -fuzztime 1m
	go test ./internal/httpapi -run '^$$' -fuzz '^FuzzSocketMessages$$' -fuzztime 1m
	go test ./internal/scalar -run '^$$' -fuzz '^FuzzScalars$$' -fuzztime 1m
	go test ./internal/money -run '^$$' -fuzz '^FuzzParse$$' -fuzztime 1m
	go test ./internal/number -run '^$$' -fuzz '^FuzzValid$$' -fuzztime 1m

## lint: gofmt, go vet, staticcheck
.PHONY: lint
lint: lint-quick
	go tool -modfile=tools/go.mod staticcheck ./...

.PHONY: lint-quick
lint-quick:
	@unformatted=$$(gofmt -l $(GO_FILES)); [ -z "$$unformatted" ] || { echo "run gofmt -w on:" $$unformatted >&2; exit 1; }
	go vet ./...

## generate: rewrite what is generated: the GraphQL code, the golden files, the README's tables
.PHONY: generate
generate:
	go tool gqlgen generate
	go test $(GOLDENS) -run 'Golden|Readme' -count=1 -update
	@$(MAKE) --no-print-directory queries conformance

## queries: rewrite docs/queries.md: each statement the server sends, and how Postgres goes about it
.PHONY: queries
queries:
	@scripts/deps.sh postgres
	go test . -run TestGoldenPageOfQueries -count=1 -update

## conformance: rewrite docs/api-conformance.md: what other people's suites say of the API
.PHONY: conformance
conformance: npm
	@scripts/deps.sh postgres
	go test . -run TestGoldenPageOfConformance -count=1 -update

## hostile: rewrite docs/hostile.md: what hostile requests cost a server, on this machine
.PHONY: hostile
hostile:
	@scripts/deps.sh postgres
	go test . -run TestHostileRequestsCostLittle -count=1 -update

## released: take the schema as it is for released: from then on nothing of it may break
.PHONY: released
released:
	cat $(filter-out graph/released.graphqls,$(sort $(wildcard graph/*.graphqls))) > graph/released.graphqls

## generate-check: fail if the GraphQL code is not what the schema says; changes nothing
.PHONY: generate-check
generate-check: lint-quick # which has compiled what the generator reads
	@scripts/generate-check.sh

## passwords: rewrite the list of common passwords, which are refused
.PHONY: passwords
passwords: npm-present
	scripts/common-passwords.sh

## keeper: build the web app if its sources or the schema have changed
.PHONY: keeper
keeper: $(KEEPER)/dist/index.html

$(KEEPER)/dist/index.html: $(KEEPER_SOURCES) | npm-present
	@$(MAKE) --no-print-directory $(KEEPER)/node_modules/.package-lock.json
	cd $(KEEPER) && npm run --silent build -- --logLevel warn

## keeper-shots: pictures of every screen of the web app, looked at by axe, into web/e2e/shots; ONLY, LANGUAGES, SIZES and THEMES choose a part
.PHONY: keeper-shots
keeper-shots: deps npm keeper
	scripts/own-server.sh node web/e2e/keeper-shots.mjs

## keeper-lighthouse: what Lighthouse says of the accessibility and the practices of each address of the web app
.PHONY: keeper-lighthouse
keeper-lighthouse: deps npm keeper
	EVERY=1 scripts/own-server.sh node web/e2e/lighthouse.mjs

## playground: build the playground's page if its sources have changed
.PHONY: playground
playground: $(PLAYGROUND)/dist/index.html

$(PLAYGROUND)/dist/index.html: $(PLAYGROUND_SOURCES) | npm-present
	@$(MAKE) --no-print-directory $(PLAYGROUND)/node_modules/.package-lock.json
	cd $(PLAYGROUND) && npm run --silent build -- --logLevel warn

# npm's own copy of the lock file says what is installed.
.PHONY: npm
npm: $(NPM_PROJECTS:%=%/node_modules/.package-lock.json)

%/node_modules/.package-lock.json: %/package-lock.json %/package.json | npm-present
	cd $* && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund
	@touch $@

.PHONY: npm-present
npm-present:
	@command -v npm >/dev/null || { echo 'npm is missing: install Node.js 20 or newer' >&2; exit 1; }

## bench: measure the API beside bare Postgres, on this machine
.PHONY: bench
bench:
	@scripts/deps.sh postgres
	go run ./bench -out bench/latest.json

## deps: install what the tests need from the system: Postgres and Chromium
.PHONY: deps
deps:
	@scripts/deps.sh postgres chromium

## help: list the targets
.PHONY: help
help:
	@awk '/^## / { sub(/^## /, ""); i = index($$0, ": "); printf "  make %-17s %s\n", substr($$0, 1, i - 1), substr($$0, i + 2) }' $(MAKEFILE_LIST)
