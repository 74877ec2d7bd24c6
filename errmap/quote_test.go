package errmap

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
)

// TestQuote: a status message has our sentence and PortOne's message, but nothing that
// PortOne repeats of the request.
func TestQuote(t *testing.T) {
	m := mapper(t)
	const key = "a-key-of-sixteen"
	body := []byte(`{"card":{"number":"4242424242424242","birth":"900101"},"customer":{"name":"홍길동님","phone":"010-1234-5678"},"amount":1000}`)
	long := strings.Repeat("가", 200)
	tests := []struct{ name, message, want string }{
		{"what is wrong", "amount: total must be positive", " (PortOne: amount: total must be positive)"},
		{"Korean", "금액이 올바르지 않습니다", " (PortOne: 금액이 올바르지 않습니다)"},
		{"none", "", ""},
		{"a short number of the request", "1000 is too little", " (PortOne: 1000 is too little)"},
		{"a number of its own", "at most 987654321", " (PortOne: at most 987654321)"},
		{"a card number", "card 4242424242424242 is refused", ""},
		{"some of a card number", "card 424242****** is refused", ""},
		{"a card number in groups", "card 4242-4242-4242-4242", ""},
		{"a birth date", "birth 900101?", ""},
		{"a telephone number in one", "01012345678", ""},
		{"a name", "고객 홍길동님의 카드", ""},
		{"the key", "the key " + key + " was used", ""},
		{"several lines", "one\r\ntwo\x00\t\u202ethree", " (PortOne: one two three)"},
		{"a long one", long, " (PortOne: " + long[:255] + "…)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Subject{Operation: operation(t, "payInstantly"), Mutation: true, Key: key, Sent: [][]byte{[]byte("/payments/p-1/instant"), body}}
			answer := []byte(`{"type":"INVALID_REQUEST","message":` + string(quoted(test.message)) + `}`)
			e := m.Answer(c, 400, nil, answer)
			sentence := m.table.byType["INVALID_REQUEST"].text[English]
			if got := e.Full().Message(); got != sentence+test.want {
				t.Errorf("the message is %q, want our sentence and %q", got, test.want)
			}
			if detail := portoneOf(e.Full()); detail.GetMessage() != test.message {
				t.Errorf("PortOne's own message is %q", detail.GetMessage())
			}
			if text := detailOf[*errdetails.LocalizedMessage](e.Full()).GetMessage(); text != sentence {
				t.Errorf("the text for people is %q", text)
			}
		})
	}
}
