package metrics

import "github.com/prometheus/client_golang/prometheus"

// Gauges adds gauges that are read when they are asked for: read tells each value with
// the values of the labels.
func (m *Metrics) Gauges(name, help string, labels []string, read func(tell func(value float64, labels ...string))) {
	m.registry.MustRegister(&series{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue, read})
}

// Counters is Gauges for counters.
func (m *Metrics) Counters(name, help string, labels []string, read func(tell func(value float64, labels ...string))) {
	m.registry.MustRegister(&series{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue, read})
}

// series are metrics of one name that somebody else counts.
type series struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(tell func(value float64, labels ...string))
}

// Describe implements prometheus.Collector.
func (s *series) Describe(descs chan<- *prometheus.Desc) { descs <- s.desc }

// Collect implements prometheus.Collector.
func (s *series) Collect(metrics chan<- prometheus.Metric) {
	s.read(func(value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(s.desc, s.kind, value, labels...)
	})
}
