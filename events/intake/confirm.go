package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/portone-gateway/portone-gateway/events/signature"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Asked is the question whether a payment may be approved, its signature verified.
type Asked struct {
	Header      http.Header
	Body        []byte
	Event       *eventsv1.Event
	Environment string
	Logger      *slog.Logger
}

// Confirm answers such a question: with 200 the payment is approved, and with any other
// status it is not.
type Confirm func(ctx context.Context, w http.ResponseWriter, asked Asked)

// Refuse approves nothing.
func Refuse(_ context.Context, w http.ResponseWriter, asked Asked) {
	asked.Logger.Warn("PortOne asks whether to approve a payment, and no service is set to decide: it is refused",
		"environment", asked.Environment)
	refuse(w, http.StatusForbidden)
}

// Approve approves every payment.
func Approve(_ context.Context, w http.ResponseWriter, _ Asked) { w.WriteHeader(http.StatusOK) }

// refusal is what the buyer reads, since PortOne shows it.
const refusal = "The shop cannot approve payments right now. / 지금은 결제를 승인할 수 없습니다."

func refuse(w http.ResponseWriter, status int) {
	text, err := json.Marshal(map[string]string{"errorMessage": refusal})
	if err != nil {
		panic(err) // a map of strings cannot fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

const (
	// forwardTimeout bounds the answer of who decides: the buyer waits.
	forwardTimeout = 10 * time.Second
	// maxDecision is how large that may be, in bytes.
	maxDecision = 64 << 10
)

// Forward passes questions on to a service at a URL, as they came, signature included,
// and its answer back. Where there is no answer, nothing is approved.
func Forward(url string) Confirm {
	client := &http.Client{
		Timeout:       forwardTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context, w http.ResponseWriter, asked Asked) {
		status, kind, decision, err := forward(ctx, client, url, asked)
		if err != nil {
			asked.Logger.Error("who decides whether to approve a payment did not answer: it is refused", "problem", err.Error())
			refuse(w, http.StatusBadGateway)
			return
		}
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		w.WriteHeader(status)
		_, _ = w.Write(decision)
	}
}

func forward(ctx context.Context, client *http.Client, url string, asked Asked) (status int, kind string, decision []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(asked.Body))
	if err != nil {
		return 0, "", nil, err
	}
	for _, name := range []string{"Content-Type", signature.HeaderID, signature.HeaderTimestamp, signature.HeaderSignature} {
		if values := asked.Header[name]; len(values) > 0 {
			request.Header[name] = values
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", nil, err
	}
	defer response.Body.Close()
	// Read whole before anything is answered: half an answer must not approve.
	decision, err = io.ReadAll(io.LimitReader(response.Body, maxDecision))
	return response.StatusCode, response.Header.Get("Content-Type"), decision, err
}
