package main

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/portone-gateway/portone-gateway/declines"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/metrics"
)

// newMapper makes the errors, with what the settings say of PGs.
func (g *gateway) newMapper(counters *metrics.Metrics, logger *slog.Logger) (*errmap.Mapper, error) {
	mapper, err := errmap.New()
	if err != nil {
		return nil, err
	}
	pgs, err := parseChannelPGs(g.config.ChannelPGs)
	if err != nil {
		return nil, wrong("channel-pg", "%v", err)
	}
	channels, err := errmap.NewChannels(pgs)
	if err != nil {
		return nil, wrong("channel-pg", "%v", err)
	}
	mapper.UseChannels(channels)
	mapper.OnUnexplained(func(pg string, form errmap.CodeForm) { counters.Unexplained(pg, string(form)) })
	mapper.OnDecline(counters.Declined)
	counters.Gauge("portone_gateway_channels_learned", "Channels whose PG is known from PortOne's answers.",
		func() float64 { return float64(channels.Len()) })
	if g.config.PGCodesDir == "" {
		return mapper, nil
	}
	if g.pgCodes, err = declines.NewFolder(g.config.PGCodesDir, mapper, logger); err != nil {
		return nil, wrong("pg-codes-dir", "%v", err)
	}
	counters.Gauge("portone_gateway_pg_codes_reload_ok", "1 if the folder of PG codes could be read when it last changed, else 0.",
		func() float64 {
			if g.pgCodes.Problem() != nil {
				return 0
			}
			return 1
		})
	return mapper, nil
}

// parseChannelPGs reads channel keys and their PGs: KEY=PG, separated by commas.
func parseChannelPGs(text string) (map[string]string, error) {
	pgs := make(map[string]string)
	if text == "" {
		return pgs, nil
	}
	for entry := range strings.SplitSeq(text, ",") {
		key, pg, ok := strings.Cut(strings.TrimSpace(entry), "=")
		if !ok || key == "" || pg == "" {
			return nil, fmt.Errorf("%q is not KEY=PG", entry)
		}
		if _, twice := pgs[key]; twice {
			return nil, fmt.Errorf("the channel %q stands here twice", key)
		}
		pgs[key] = pg
	}
	return pgs, nil
}
