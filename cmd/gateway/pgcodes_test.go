package main

import (
	"maps"
	"strings"
	"testing"
)

func TestParseChannelPGs(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]string
		problem    string
	}{
		{"none", "", map[string]string{}, ""},
		{"one", "channel-1=KCP_V2", map[string]string{"channel-1": "KCP_V2"}, ""},
		{"two, with space", "channel-1=KCP_V2, channel-2=NICE_V2", map[string]string{"channel-1": "KCP_V2", "channel-2": "NICE_V2"}, ""},
		{"no PG", "channel-1", nil, `"channel-1" is not KEY=PG`},
		{"an empty PG", "channel-1=", nil, `"channel-1=" is not KEY=PG`},
		{"an empty key", "=KCP_V2", nil, `"=KCP_V2" is not KEY=PG`},
		{"a comma at the end", "channel-1=KCP_V2,", nil, `"" is not KEY=PG`},
		{"twice", "channel-1=KCP_V2,channel-1=NICE_V2", nil, `the channel "channel-1" stands here twice`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseChannelPGs(test.text)
			if !maps.Equal(got, test.want) || (err != nil) != (test.problem != "") || err != nil && !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%v, %v; want %v, %s", got, err, test.want, test.problem)
			}
		})
	}
}
