package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// member is a member of a JSON object, its value as raw JSON.
type member struct {
	name  string
	value []byte
}

// readObject reads the members of a JSON object in their order. encoding/json reads
// into structs without regard to case and takes the last of two members of one name:
// what it shows would not be what another reader sees. So one of two names is refused,
// and names are compared as they are.
func readObject(text []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, ErrUnreadable
	}
	var members []member
	seen := make(map[string]bool)
	for decoder.More() {
		token, err := decoder.Token()
		name, isName := token.(string)
		var value json.RawMessage
		if err != nil || !isName || decoder.Decode(&value) != nil || seen[name] {
			return nil, ErrUnreadable
		}
		seen[name] = true
		members = append(members, member{name, value})
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, ErrUnreadable
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, ErrUnreadable
	}
	return members, nil
}

func has(members []member, name string) bool {
	for _, m := range members {
		if m.name == name {
			return true
		}
	}
	return false
}

// keep notes a member that has no place.
func keep(unrecognized *map[string]string, m member) {
	if *unrecognized == nil {
		*unrecognized = make(map[string]string)
	}
	(*unrecognized)[m.name] = string(m.value)
}

func asString(raw []byte) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(raw, &text) == nil
}

// asInt64 reads a number that is written as a plain integer.
func asInt64(raw []byte) (int64, bool) {
	number, err := strconv.ParseInt(string(raw), 10, 64)
	return number, err == nil
}

func quote(text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string cannot fail
	}
	return quoted
}
