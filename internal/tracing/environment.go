package tracing

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// Variables that are looked at here. The rest of OpenTelemetry's are read by its
// SDK and exporter.
const (
	envDisabled = "OTEL_SDK_DISABLED"
	envExporter = "OTEL_TRACES_EXPORTER"
)

// Variables of the exporter come in pairs: one for all signals, and one for traces
// that wins.
var (
	envEndpoint = [2]string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}
	envProtocol = [2]string{"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"}
	envHeaders  = [2]string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"}
)

// requested reports whether the environment asks for traces. The error is what the
// exporter would not notice, or would pass over: an endpoint without a scheme
// would send every span nowhere.
func requested() (bool, error) {
	if strings.EqualFold(value(envDisabled), "true") || value(envEndpoint[0]) == "" && value(envEndpoint[1]) == "" {
		return false, nil
	}
	switch value(envExporter) {
	case "", "otlp":
	case "none":
		return false, nil
	default:
		return false, fmt.Errorf("%s: must be otlp or none: nothing else is built in", envExporter)
	}
	for _, check := range []func() error{checkEndpoints, checkProtocol, checkHeaders} {
		if err := check(); err != nil {
			return false, err
		}
	}
	return true, nil
}

func value(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func checkEndpoints() error {
	for _, name := range envEndpoint {
		text := value(name)
		if text == "" {
			continue
		}
		// Not err: it has the URL in it, which may have a password in it.
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return fmt.Errorf("%s: must be a URL, such as http://collector:4318", name)
		}
	}
	return nil
}

// checkProtocol refuses gRPC, which a collector takes at another port: the
// exporter would send HTTP there all the same.
func checkProtocol() error {
	name := envProtocol[0]
	if value(envProtocol[1]) != "" {
		name = envProtocol[1]
	}
	switch value(name) {
	case "", "http/protobuf", "http/json":
		return nil
	}
	return fmt.Errorf("%s: must be http/protobuf or http/json, with an endpoint that takes OTLP by HTTP (often port 4318)", name)
}

// checkHeaders looks for what the exporter would leave out, and write down as it
// does so: these headers are where keys of vendors stand.
func checkHeaders() error {
	for _, name := range envHeaders {
		text := value(name)
		if text == "" {
			continue
		}
		for header := range strings.SplitSeq(text, ",") {
			_, content, found := strings.Cut(header, "=")
			if _, err := url.PathUnescape(content); err != nil || !found {
				return fmt.Errorf("%s: must be name=value,name=value with percent-encoded values", name)
			}
		}
	}
	return nil
}
