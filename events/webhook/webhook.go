// Package webhook reads the bodies of PortOne's webhooks, of both versions, into typed
// events. Nothing in a body that is unknown, absent or of another type than expected is
// an error: it is kept as it came.
package webhook

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Versions of the form of webhooks, as PortOne's console names them.
const (
	Version2024April   = "2024-04-25"
	Version2024January = "2024-01-01"
)

// TypeConfirm is the type of the question whether a payment may be approved.
const TypeConfirm = "Transaction.Confirm"

// ErrUnreadable means that a body is neither a JSON object nor a form of version
// 2024-01-01.
var ErrUnreadable = errors.New("webhook: the body is not in a form that PortOne sends")

// Read reads a body into those members of an event that come from it. The body must
// not change afterwards: the event refers to it.
func Read(body []byte) (*eventsv1.Event, error) {
	if !utf8.Valid(body) {
		return nil, ErrUnreadable
	}
	var members []member
	var err error
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		members, err = readObject(trimmed)
	} else {
		members, err = readForm(body)
	}
	if err != nil {
		return nil, err
	}
	event := &eventsv1.Event{RawBody: body}
	if has(members, "payment_id") && !has(members, "type") {
		readJanuary(event, members)
	} else {
		readApril(event, members)
	}
	return event, nil
}

// readForm reads a body of form fields, which only version 2024-01-01 has.
func readForm(body []byte) ([]member, error) {
	fields, err := url.ParseQuery(string(body))
	if err != nil || !fields.Has("payment_id") {
		return nil, ErrUnreadable
	}
	var members []member
	for name, values := range fields {
		if len(values) != 1 || !utf8.ValidString(name) || !utf8.ValidString(values[0]) {
			return nil, ErrUnreadable
		}
		members = append(members, member{name, quote(values[0])})
	}
	return members, nil
}

// readApril reads {"type", "timestamp", "data"}.
func readApril(event *eventsv1.Event, members []member) {
	for _, m := range members {
		switch m.name {
		case "type":
			if text, ok := asString(m.value); ok {
				event.Type, event.KnownType = text, knownTypes[text]
				event.WebhookVersion = Version2024April
				continue
			}
		case "timestamp":
			if text, ok := asString(m.value); ok {
				if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
					event.OccurredAt = timestamppb.New(at)
					continue
				}
			}
		case "data":
			continue
		}
		keep(&event.Unrecognized, m)
	}
	for _, m := range members {
		if m.name == "data" && !readData(event, m.value) {
			keep(&event.Unrecognized, m)
		}
	}
}

// readData reads the data of a family that is known.
func readData(event *eventsv1.Event, raw []byte) bool {
	data := newData(event)
	if data == nil {
		return false
	}
	members, err := readObject(raw)
	if err != nil {
		return false
	}
	setMembers(data, members)
	setData(event, data)
	return true
}

// januaryNames are the names of version 2024-01-01 by those of 2024-04-25.
var januaryNames = map[string]string{
	"payment_id": "paymentId", "tx_id": "transactionId", "cancellation_id": "cancellationId", "store_id": "storeId",
}

// readJanuary reads {"payment_id", "tx_id", "status"}. What has no status is the
// question of that version.
func readJanuary(event *eventsv1.Event, members []member) {
	event.WebhookVersion = Version2024January
	event.Type = TypeConfirm
	data := &eventsv1.TransactionData{}
	var inData []member
	for _, m := range members {
		name, ok := januaryNames[m.name]
		if status, isText := asString(m.value); m.name == "status" && isText {
			event.Type = "Transaction." + status
		} else if ok {
			inData = append(inData, member{name, m.value})
		} else {
			keep(&event.Unrecognized, m)
		}
	}
	event.KnownType = knownTypes[event.Type]
	setMembers(data, inData)
	event.Data = &eventsv1.Event_Transaction{Transaction: data}
}

// IsQuestion reports whether a webhook asks something, so that the status of the answer
// decides about a payment: PortOne sends it just before approval and approves if it is
// answered with success. What could be a question is one.
func IsQuestion(event *eventsv1.Event) bool {
	last := event.GetType()[strings.LastIndexByte(event.GetType(), '.')+1:]
	if strings.EqualFold(last, "confirm") {
		return true
	}
	return event.GetType() == "" && namesAmount(event)
}

// namesAmount reports whether a webhook without a type names an amount, as the question
// does and no notification about a payment.
func namesAmount(event *eventsv1.Event) bool {
	for name, raw := range event.GetUnrecognized() {
		if isAmount(name) {
			return true
		}
		if members, err := readObject([]byte(raw)); err == nil {
			for _, m := range members {
				if isAmount(m.name) {
					return true
				}
			}
		}
	}
	return false
}

func isAmount(name string) bool { return name == "totalAmount" || name == "total_amount" }
