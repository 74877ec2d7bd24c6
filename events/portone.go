package events

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/portone-gateway/portone-gateway/errmap"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// PortOne is what the present state is read from: the gateway itself, so that retries,
// budget and secrets are those of every other call. Calls come from no caller of the
// gateway's.
type PortOne interface {
	GetPayment(ctx context.Context, req *portonev2.GetPaymentRequest, opts ...grpc.CallOption) (*portonev2.Payment, error)
	GetBillingKeyInfo(ctx context.Context, req *portonev2.GetBillingKeyInfoRequest, opts ...grpc.CallOption) (*portonev2.BillingKeyInfo, error)
}

// ClientOf is PortOne by generated clients on a connection.
func ClientOf(conn grpc.ClientConnInterface) PortOne {
	return struct {
		portonev2.PaymentServiceClient
		portonev2.BillingKeyServiceClient
	}{portonev2.NewPaymentServiceClient(conn), portonev2.NewBillingKeyServiceClient(conn)}
}

const (
	// currentTimeout bounds reading the present state: the delivery waits for it, and is
	// lent already.
	currentTimeout = 5 * time.Second
	// currentAtOnce is how many are read at a time for one stream.
	currentAtOnce = 8
)

// setCurrent adds to a delivery what PortOne says now of what its event is about.
func (s *Server) setCurrent(ctx context.Context, d *eventsv1.Delivery) {
	ctx, cancel := context.WithTimeout(ctx, currentTimeout)
	defer cancel()
	var err error
	switch data := d.GetEvent().GetData().(type) {
	case *eventsv1.Event_Transaction:
		if data.Transaction.PaymentId == nil {
			return
		}
		var payment *portonev2.Payment
		payment, err = s.opts.PortOne.GetPayment(ctx, &portonev2.GetPaymentRequest{PaymentId: data.Transaction.GetPaymentId(), StoreId: data.Transaction.StoreId})
		d.Current = &eventsv1.Delivery_Payment{Payment: payment}
	case *eventsv1.Event_BillingKey:
		if data.BillingKey.BillingKey == nil {
			return
		}
		var info *portonev2.BillingKeyInfo
		info, err = s.opts.PortOne.GetBillingKeyInfo(ctx, &portonev2.GetBillingKeyInfoRequest{BillingKey: data.BillingKey.GetBillingKey(), StoreId: data.BillingKey.StoreId})
		d.Current = &eventsv1.Delivery_BillingKeyInfo{BillingKeyInfo: info}
	}
	if err != nil {
		d.Current = &eventsv1.Delivery_CurrentUnavailable{CurrentUnavailable: whyNot(err)}
	}
}

// whyNot is an error as a delivery may show it: code and reason, and no texts.
func whyNot(err error) *eventsv1.CurrentUnavailable {
	var e *errmap.Error
	if errors.As(err, &e) {
		return &eventsv1.CurrentUnavailable{Code: codeName(e.Code()), Reason: e.Reason()}
	}
	st := status.Convert(err)
	why := &eventsv1.CurrentUnavailable{Code: codeName(st.Code())}
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			why.Reason = info.GetReason()
		}
	}
	return why
}

// codeName is a code as protocols name it, NOT_FOUND.
func codeName(c codes.Code) string { return code.Code(c).String() }
