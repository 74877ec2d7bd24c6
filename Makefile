# What a contributor needs. The README's two commands work without make.
.PHONY: test race lint generate bench ci

tool = go tool -modfile=tools/go.mod

test: ## all tests
	go test ./...

race: ## all tests with the race detector
	go test -race ./...

lint: ## what CI says about code and contract
	go vet ./...
	$(tool) staticcheck $$(go list ./... | grep -v /gen/)
	go tool -modfile=tools/golangci/go.mod golangci-lint run
	$(tool) buf lint --config .build/buf.yaml proto
	$(tool) buf format --config .build/buf.yaml --diff --exit-code proto

generate: ## gen/ anew, from proto/
	go generate .

bench: ## CPU and memory of the hop, beside a plain reverse proxy
	go run ./internal/hopbench

ci: ## everything that must hold for a commit
	.ci/run
