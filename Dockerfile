# syntax=docker/dockerfile:1

# docker build -t portone-gateway --build-arg VERSION=v1.2.3 .
#
# COMMIT and COMMIT_TIME are for gateway version --json and the image's labels (there is no
# history in the build); GO_IMAGE and BASE_IMAGE for mirrors and digests.
#
# With a sandbox in PortOne's place, and no secret:
#
#   docker run --rm -p 127.0.0.1:9090:9090 -p 127.0.0.1:8080:8080 -p 127.0.0.1:9092:9092 \
#     -e PORTONE_GATEWAY_SANDBOX_ADDR=0.0.0.0:9092 portone-gateway --sandbox
#
# The sandbox alone, for any client of PortOne; its health is asked at its own address:
#
#   docker run --rm -p 127.0.0.1:9092:9092 -e PORTONE_GATEWAY_ADMIN_ADDR=127.0.0.1:9092 \
#     portone-gateway sandbox --addr 0.0.0.0:9092
#
# In front of PortOne:
#
#   docker run --rm -p 127.0.0.1:9090:9090 -e PORTONE_API_SECRET portone-gateway

# The build runs on the builder's own platform and compiles for the image's, so
# that images for other platforms need no emulation.
ARG GO_IMAGE=golang:1.26-trixie
ARG BASE_IMAGE=gcr.io/distroless/static-debian13:nonroot

FROM --platform=$BUILDPLATFORM $GO_IMAGE AS build
WORKDIR /src
ARG GOCACHE=/go/cache
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=
ARG COMMIT=
ARG COMMIT_TIME=
ARG TARGETOS=linux
ARG TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags "-s -w -X main.released=$VERSION -X main.commit=$COMMIT -X main.commitTime=$COMMIT_TIME" -o /out/gateway ./cmd/gateway

# distroless/static and not scratch: the binary needs nothing of an operating
# system but the certificates of authorities, to know api.portone.io by, and a user
# that is not root; this image has just these, with updates. There is no shell.
FROM $BASE_IMAGE
ARG VERSION=
ARG COMMIT=
ARG COMMIT_TIME=
LABEL org.opencontainers.image.title="portone-gateway" \
      org.opencontainers.image.description="gRPC and REST in front of PortOne" \
      org.opencontainers.image.source="https://github.com/portone-gateway/portone-gateway" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.created="$COMMIT_TIME"
COPY --from=build /out/gateway /gateway

# By number, so that Kubernetes can tell that it is not root (runAsNonRoot).
USER 65532:65532

# A container's loopback is reached by nobody outside of it, so calls come in on
# every address. Whoever can reach them can pay: publish the ports only to where
# your services are.
ENV PORTONE_GATEWAY_GRPC_ADDR=0.0.0.0:9090 \
    PORTONE_GATEWAY_HTTP_ADDR=0.0.0.0:8080

# The admin server stays on the container's loopback, where HEALTHCHECK asks it:
# profiles are nobody else's business. For probes or Prometheus from outside, set
# PORTONE_GATEWAY_ADMIN_ADDR=0.0.0.0:9091 and let nobody else through. Set it as a
# variable and not as a flag: HEALTHCHECK reads it too.
ENV PORTONE_GATEWAY_ADMIN_ADDR=127.0.0.1:9091

EXPOSE 9090 8080

HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["/gateway", "healthcheck"]

# docker stop waits for 10 s unless told otherwise; the gateway wants 30 for calls
# in flight: docker stop -t 35, or stop_grace_period in Compose.
ENTRYPOINT ["/gateway"]
