package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/shop"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// state is everything that a reset begins anew. The sandbox's lock guards it.
type state struct {
	world    *world.World
	stores   *domains.Stores
	domains  []domains.Domain // the same
	sender   *webhooks.Sender
	handlers map[string]handler // by RPC, such as /portone.v2.BankService/GetBankInfos
	answers  *recent[*kept]     // by idempotency key
	faulted  *recent[*int]      // requests with `times`, by what they asked for
}

// handler carries out an RPC: the answer is its message, or an HttpBody.
type handler func(ctx context.Context, in proto.Message) (proto.Message, error)

// newState is a world where nothing has happened yet, guarded by a lock. Its ids are
// those of the seed.
func newState(clock *world.Clock, seed string, sender *webhooks.Sender, lock sync.Locker) *state {
	st := &state{
		world:    world.NewSeeded(clock, seed),
		sender:   sender,
		handlers: make(map[string]handler),
		answers:  newRecent[*kept](keptAnswers),
		faulted:  newRecent[*int](keptAnswers),
	}
	st.stores = domains.New(st.world)
	st.domains = st.stores.All()
	st.sendWebhooks(lock)
	for _, d := range st.domains {
		d.Register(st)
	}
	return st
}

// sendWebhooks has the sender deliver the webhooks of the domains, and payments show
// what came of each attempt.
func (st *state) sendWebhooks(lock sync.Locker) {
	payments := st.stores.Payments
	payments.OnWebhook = st.sender.Take
	st.stores.Business.OnChange = func(event string, data any) {
		if err := payments.TaxInvoiceWebhook(event, data); err != nil {
			panic(err) // the call that set it off fails with it
		}
	}
	if url := st.sender.URL(); url != "" {
		payments.WebhookURL = url
	}
	st.sender.Later = func(in time.Duration, do func()) {
		lock.Lock()
		defer lock.Unlock()
		st.world.Clock.At(st.world.Clock.Now().Add(in), do)
		time.AfterFunc(in, func() { st.settle(lock) }) // for a clock that runs while no call comes
	}
	st.sender.Tried = func(t shop.DeliveryAttempt) {
		lock.Lock()
		defer lock.Unlock()
		payments.Tried(t)
	}
}

// settle does what the clock has due.
func (st *state) settle(lock sync.Locker) {
	lock.Lock()
	defer lock.Unlock()
	st.world.Clock.Settle()
}

// RegisterService implements grpc.ServiceRegistrar, with which domains say what
// they implement.
func (st *state) RegisterService(desc *grpc.ServiceDesc, impl any) {
	for _, m := range desc.Methods {
		st.register(desc, m.MethodName, unary(m.Handler, impl))
	}
	for _, m := range desc.Streams {
		st.register(desc, m.StreamName, download(m.Handler, impl))
	}
}

func (st *state) register(desc *grpc.ServiceDesc, method string, h handler) {
	name := "/" + desc.ServiceName + "/" + method
	if st.handlers[name] != nil {
		panic("sandbox: two domains implement " + name)
	}
	st.handlers[name] = h
}

// unary calls a method of a generated server interface.
func unary(method grpc.MethodHandler, impl any) handler {
	return func(ctx context.Context, in proto.Message) (proto.Message, error) {
		out, err := method(impl, ctx, func(into any) error { return copyTo(into, in) }, nil)
		if err != nil {
			return nil, err
		}
		message, ok := out.(proto.Message)
		if !ok || !message.ProtoReflect().IsValid() {
			return nil, errors.New("neither an answer nor an error")
		}
		return message, nil
	}
}

// download calls a method that streams google.api.HttpBody, and puts the pieces
// together.
func download(method grpc.StreamHandler, impl any) handler {
	return func(ctx context.Context, in proto.Message) (proto.Message, error) {
		s := &downloadStream{ctx: ctx, in: in}
		if err := method(impl, s); err != nil {
			return nil, err
		}
		return &s.out, nil
	}
}

// downloadStream is a stream with one message in and pieces of a file out.
type downloadStream struct {
	ctx context.Context
	in  proto.Message // nil once it was read
	out httpbody.HttpBody
}

// copyTo gives a domain the request as its own, to change and keep as it likes.
func copyTo(into any, in proto.Message) error {
	message, ok := into.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no message", into)
	}
	proto.Merge(message, in)
	return nil
}

// SendMsg implements grpc.ServerStream.
func (s *downloadStream) SendMsg(m any) error {
	piece, ok := m.(*httpbody.HttpBody)
	if !ok {
		return fmt.Errorf("%T is no piece of a file", m)
	}
	if s.out.ContentType == "" {
		s.out.ContentType = piece.GetContentType()
	}
	s.out.Data = append(s.out.Data, piece.GetData()...)
	return nil
}

// RecvMsg implements grpc.ServerStream.
func (s *downloadStream) RecvMsg(m any) error {
	if s.in == nil {
		return io.EOF
	}
	err := copyTo(m, s.in)
	s.in = nil
	return err
}

// Context implements grpc.ServerStream.
func (s *downloadStream) Context() context.Context { return s.ctx }

// SetHeader implements grpc.ServerStream. PortOne's answers have no metadata.
func (s *downloadStream) SetHeader(metadata.MD) error { return nil }

// SendHeader implements grpc.ServerStream.
func (s *downloadStream) SendHeader(metadata.MD) error { return nil }

// SetTrailer implements grpc.ServerStream.
func (s *downloadStream) SetTrailer(metadata.MD) {}
