# Each target is a line that calls scripts/; ARGS="..." is passed on.
# make run ARGS="--port 9000 --data-dir data"
.PHONY: help run demo test check bench build docs install deploy aws-local clean
ENV ?= dev

help: ## tell the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

run: ## set up what is missing and serve on http://127.0.0.1:8000
	@scripts/run.sh serve $(ARGS)

demo: ## serve a demo site with live traffic
	@scripts/run.sh demo $(ARGS)

test: ## every test, the browser's too
	@scripts/test.sh $(ARGS)

check: ## everything CI checks: format, lint, types, floors, web, budgets, docs, tests
	@scripts/check.sh $(ARGS)

bench: ## the benchmarks; results are kept as data in benchmarks/results
	@scripts/bench.sh $(ARGS)

build: ## the wheel and the source distribution, in dist/
	@scripts/package.sh $(ARGS)

docs: ## the documents as a static site, in build/site; ARGS="--serve" shows it
	@scripts/docs.sh $(ARGS)

install: ## all of the set-up, nothing started
	@scripts/setup.sh dev

deploy: ## to AWS: make deploy ENV=dev
	@scripts/deploy.sh $(ENV) $(ARGS)

aws-local: ## the AWS home on this machine, on an emulator
	@scripts/aws-local.sh

clean: ## remove what the others made, but no data
	@scripts/clean.sh
