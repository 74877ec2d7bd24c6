package errmap

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// UseDictionaries replaces the dictionaries; calls that have begun may still use
// those before.
func (m *Mapper) UseDictionaries(d *Dictionaries) { m.pgs.Store(d) }

// Dictionaries returns the dictionaries that are in use.
func (m *Mapper) Dictionaries() *Dictionaries { return m.pgs.Load() }

// UseChannels replaces what knows the PGs of channels. It must be called before the
// mapper is used.
func (m *Mapper) UseChannels(c *Channels) { m.channels = c }

// Channels returns what knows the PGs of channels.
func (m *Mapper) Channels() *Channels { return m.channels }

// OnUnexplained has f called for every code of a PG that no dictionary explains,
// with PortOne's name for the PG, empty if it is not known, and the form of the
// code. It must be called before the mapper is used.
func (m *Mapper) OnUnexplained(f func(pg string, form CodeForm)) { m.unexplained = f }

// OnDecline has f called for every code of a PG in an error that a dictionary explains,
// with PortOne's name for the PG, empty if nothing names it. It must be set before the
// first call.
func (m *Mapper) OnDecline(f func(pg string, reason portonev2.DeclineReason)) { m.declined = f }

// Numbers of PortOneError's fields for declines.
const (
	errorDecline         protowire.Number = 5
	errorChannelDeclines protowire.Number = 6
)

// explain adds what the codes of PGs mean, and returns the code and the text of an
// error whose code and text would otherwise be those given.
func (e *draft) explain(m *Mapper, code codes.Code, text [languages]string) (codes.Code, [languages]string) {
	switch {
	case e.row == nil:
	case e.row.reason == portonev2.ErrorReason_ERROR_REASON_CHANNEL_SPECIFIC:
		return e.explainChannels(m, code), text
	case e.pgCode != "":
		var pg PG
		if e.call.Channel != nil {
			pg = m.channels.Lookup(e.call.Channel())
		}
		if d, ok := m.decline(pg, e.pgCode); ok {
			e.wire = d.appendTo(e.wire, errorDecline, e.call.Language, "")
			return d.m.code, d.m.explanation
		}
		if pg.Name == "" && m.Dictionaries().MayBeUnclear(e.pgCode) {
			return codes.Unknown, text
		}
	}
	return code, text
}

// explainChannels explains a failure on several channels, each of which names its
// PG. If the outcome on one is unclear, that of the call is.
func (e *draft) explainChannels(m *Mapper, code codes.Code) codes.Code {
	var failed portonev2.ChannelSpecificError
	if proto.Unmarshal(e.data, &failed) != nil {
		return code
	}
	for _, failure := range failed.GetFailures() {
		f := failure.GetPgProvider()
		if f.GetPgCode() == "" {
			continue
		}
		pg := PG{Name: pgOf(f.GetChannel())}
		if pg.Name != "" {
			pg.Confidence = portonev2.DeclineConfidence_DECLINE_CONFIDENCE_PG_NAMED
		}
		d, ok := m.decline(pg, f.GetPgCode())
		if !ok {
			if pg.Name == "" && m.Dictionaries().MayBeUnclear(f.GetPgCode()) {
				code = codes.Unknown
			}
			continue
		}
		e.wire = d.appendTo(e.wire, errorChannelDeclines, e.call.Language, strings.ToValidUTF8(f.GetChannel().GetKey(), ""))
		if d.Code() == codes.Unknown {
			code = codes.Unknown
		}
	}
	return code
}

// decline looks a code up, and has those counted that nothing explains.
func (m *Mapper) decline(pg PG, pgCode string) (Decline, bool) {
	d, ok := m.Dictionaries().Explain(pg, pgCode)
	if !ok {
		m.unexplained(pg.Name, FormOf(pgCode))
		return d, false
	}
	m.declined(pg.Name, d.Reason())
	return d, true
}
