# AlertResponder. `make` alone tells what there is.

AR_CONFIG ?= config.json
ARCH      ?= arm64
SOAK      ?= 10m
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

GO_ARCH   := $(if $(filter x86_64 amd64,$(ARCH)),amd64,$(if $(filter arm64 aarch64,$(ARCH)),arm64))
FUNCTIONS := $(patsubst %/main.go,%,$(wildcard functions/*/main.go functions/*/*/main.go))
VULNCHECK   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help demo test lint build package deploy publish bench soak openapi conformance faults crash scan vuln integration clean

help: ## this list
	@echo 'usage: make TARGET [AR_CONFIG=config.json] [ARCH=arm64|x86_64]'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

demo: ## a story in the terminal: an alert goes in, a verdict comes out
	@go run -tags demo ./cmd/alertresponder demo

test: ## all tests that need no AWS account, Docker or key
	go test ./...

lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')) && \
	  if [ -n "$$unformatted" ]; then echo "gofmt: not formatted:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...

build: ## every function for ARCH, as build/<name>/bootstrap
	@[ -n "$(GO_ARCH)" ] || { echo "ARCH: '$(ARCH)', expected arm64 or x86_64" >&2; exit 1; }
	@set -e; for f in $(FUNCTIONS); do \
	  CGO_ENABLED=0 GOOS=linux GOARCH=$(GO_ARCH) go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w" \
	    -o build/$${f##*/}/bootstrap ./$$f; \
	  echo "build/$${f##*/}/bootstrap ($(GO_ARCH))"; \
	done

# The settings of a deployment, as variables of the shell: all faults of config.json are told here.
SETTINGS = settings=$$(go run ./scripts/config $(AR_CONFIG)) && eval "$$settings"

package: ## upload the functions of a build, and write build/packaged.yml
	@$(SETTINGS) && $(MAKE) --no-print-directory build ARCH="$$ARCH" && \
	aws cloudformation package --region "$$REGION" --template-file template.yml \
	  --s3-bucket "$$BUCKET" $${PREFIX:+--s3-prefix "$$PREFIX"} --output-template-file build/uploaded.yml >/dev/null && \
	go run ./scripts/minify build/uploaded.yml > build/packaged.yml && \
	echo "build/packaged.yml ($$(wc -c < build/packaged.yml | tr -d ' ') bytes)"

deploy: package ## deploy the stack that AR_CONFIG describes
	@$(SETTINGS) && \
	aws cloudformation deploy --region "$$REGION" --stack-name "$$STACK" --template-file build/packaged.yml \
	  --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset $${1+--parameter-overrides "$$@"}

publish: ## put the packaged template of VERSION into $(BUCKETS)-<region> for each of REGIONS
	@[ -n "$(BUCKETS)" ] && [ -n "$(REGIONS)" ] || { echo 'usage: make publish BUCKETS=my-releases REGIONS="us-east-1 eu-west-1" [VERSION=v1.2.3]' >&2; exit 1; }
	@$(MAKE) --no-print-directory build
	@sh scripts/publish.sh "$(BUCKETS)" "$(VERSION)" $(REGIONS)

bench: ## measure against what must be reached, and write docs/benchmarks.md
	@go run ./scripts/bench $(BENCH)
	@go test -run '^$$' -bench . -benchmem -benchtime 0.3s $$(grep -rl --include='*_test.go' '^func Benchmark' . | sed 's|/[^/]*$$||' | sort -u)

soak: ## run for SOAK=10m under a mixed load, and fail if anything grows
	@go run ./scripts/soak -for $(SOAK)

openapi: ## what is sent to GitHub, and what the fake of it answers, as its OpenAPI descriptions have it (Node.js 18, Python 3)
	@sh engines/openapi.sh

conformance: ## drivers and quarantine on DynamoDB Local, MiniStack and moto (Java 17, Maven, Python 3.11)
	@sh engines/conformance.sh

faults: ## each call of AWS fails, in the real handlers (Java 17 and Maven)
	@sh engines/faults.sh

crash: ## the processes of deployed functions are killed between any two calls (Linux, Python 3.11)
	@sh engines/crash.sh

scan: ## scan the templates by cfn-lint, parliament and checkov (Python 3.11)
	@sh engines/scan.sh

vuln: ## known vulnerabilities in what is linked (asks vuln.go.dev)
	go run $(VULNCHECK) ./...

integration: ## deploy to a local engine and test there (Python 3.11); or in the account of a given AR_CONFIG
	@$(if $(filter file,$(origin AR_CONFIG)),,AR_CONFIG='$(AR_CONFIG)') sh engines/integration.sh

clean: ## remove what the other targets made
	rm -rf build dist .venv .venv-sam .venv-scan .venv-moto engines/lib tester/build tester/params.json
