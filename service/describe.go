package service

import (
	"net/url"
	"strings"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Describe implements upstream.Describer. It is made for errors only.
func (c *Call) Describe() *errmap.Subject {
	s := &errmap.Subject{
		Operation: c.Method.Operation,
		Mutation:  c.Method.IsMutation(),
		Key:       string(c.Key),
		Language:  c.language,
	}
	if c.http != nil { // it was made, and perhaps sent
		s.IDs = pathIDs(c.Method, c.http.Path)
		s.Sent = [][]byte{c.http.Path, c.http.Query, c.http.Body}
		s.Channel = c.channel
		s.Violations = func() []transcode.Violation { return transcode.BindingOf(c.Method).Violations(c.Wire) }
	}
	return s
}

// pathIDs are the ids in the path of a request, under the JSON names of its
// parameters.
func pathIDs(m *contract.Method, path []byte) []errmap.ID {
	var ids []errmap.ID
	names, values := strings.Split(m.Template, "/"), strings.Split(string(path), "/")
	if len(names) != len(values) {
		return nil // the path was not finished
	}
	for i, name := range names {
		field, isParam := strings.CutPrefix(name, "{")
		if !isParam {
			continue
		}
		value, err := url.PathUnescape(values[i])
		fd := m.Descriptor.Input().Fields().ByTextName(strings.TrimSuffix(field, "}"))
		if err == nil && fd != nil {
			ids = append(ids, errmap.ID{Name: fd.JSONName(), Value: value})
		}
	}
	return ids
}

// channel is the channel that the request chooses, and its store, as they went up:
// `unrecognized` can replace both.
func (c *Call) channel() (storeID, key string) {
	if len(c.http.Body) == 0 {
		return "", ""
	}
	err := transcode.Members(c.http.Body, func(name, raw []byte) {
		switch string(name) {
		case "channelKey":
			key, _ = transcode.Text(raw)
		case "storeId":
			storeID, _ = transcode.Text(raw)
		}
	})
	if err != nil {
		return "", ""
	}
	return storeID, key
}
