package upstream

import (
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	tests := []struct {
		name, text string
		want       Key
		problem    string
	}{
		{"bare", "0123456789abcdef", "0123456789abcdef", ""},
		{"in quotes", `"0123456789abcdef"`, "0123456789abcdef", ""},
		{"the longest", strings.Repeat("k", 256), Key(strings.Repeat("k", 256)), ""},
		{"with spaces", "order 1 of today!", "order 1 of today!", ""},
		{"empty", "", "", "has 0 characters"},
		{"empty quotes", `""`, "", "has 0 characters"},
		{"a quote alone", `"`, "", "does not end with one"},
		{"too short", "0123456789abcde", "", "has 15 characters"},
		{"too short in quotes", `"0123456789abcd"`, "", "has 14 characters"},
		{"too long", strings.Repeat("k", 257), "", "has 257 characters"},
		{"half quoted", `"0123456789abcdef`, "", "does not end with one"},
		{"a quote behind", `0123456789abcdef"`, "", "has a quote or backslash at position 16"},
		{"a quote within", `"01234567"89abcdef"`, "", "has a quote or backslash at position 8"},
		{"a backslash", `0123456789abcde\`, "", "has a quote or backslash at position 15"},
		{"a line break", "0123456789abcdef\r\n", "", "not printable ASCII"},
		{"Korean", "주문-0123456789abcdef", "", "has a character at position 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseKey(test.text)
			if test.problem == "" {
				if err != nil || got != test.want {
					t.Errorf("got %q, %v", got, err)
				}
				if again, err := ParseKey(got.Header()); err != nil || again != got {
					t.Errorf("its own header is read as %q, %v", again, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want %q", err, test.problem)
			}
			if err != nil && test.text != "" && len(test.text) > 1 && strings.Contains(err.Error(), test.text) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestNewKey(t *testing.T) {
	seen := make(map[Key]bool)
	for range 1000 {
		key := NewKey()
		if _, err := ParseKey(string(key)); err != nil || seen[key] {
			t.Fatalf("key %s: %v, seen before: %v", key, err, seen[key])
		}
		seen[key] = true
	}
}
