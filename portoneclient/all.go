package portoneclient

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

const (
	usualSize = 100
	maxReach  = 60_000 // PortOne answers no page that ends beyond
)

// ErrTooDeep is wrapped by the error of a list that goes on beyond the 60,000th object,
// which PortOne does not give by page. Narrow the filter, or list payments by
// GetAllPaymentsByCursor.
var ErrTooDeep = errors.New("portoneclient: PortOne gives no more than 60,000 objects by page")

// listed is an answer with a part of a list.
type listed[Item proto.Message] interface {
	proto.Message
	GetItems() []Item
}

// All calls an RPC that lists by page or by cursor until the list is over, one part when
// the one before is used up:
//
//	for payment, err := range portoneclient.All(ctx, payments.GetPayments, &portonev2.GetPaymentsRequest{}) {
//		if err != nil {
//			return err
//		}
//		...
//	}
//
// An error is the last thing that it yields. The request is not changed; it may say
// where to begin and how many objects a part has (100 unless given). Where it has an end
// of the range of time, and none is set, it is set to the time of this machine, so that
// objects which come meanwhile do not shift the pages; those that change meanwhile, so that
// the filter sees them elsewhere, can be missed: list by cursor where none may be.
func All[Request proto.Message, Response listed[Item], Item proto.Message](
	ctx context.Context,
	call func(context.Context, Request, ...grpc.CallOption) (Response, error),
	request Request, opts ...grpc.CallOption,
) iter.Seq2[Item, error] {
	return AllOf(ctx, call, Response.GetItems, request, opts...)
}

// AllOf is All for an RPC that calls its items something else:
//
//	portoneclient.AllOf(ctx, transfers.GetPlatformTransferSummaries,
//		(*portonev2.GetPlatformTransferSummariesResponse).GetTransferSummaries, request)
func AllOf[Request, Response, Item proto.Message](
	ctx context.Context,
	call func(context.Context, Request, ...grpc.CallOption) (Response, error),
	itemsOf func(Response) []Item,
	request Request, opts ...grpc.CallOption,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var none Item
		own := proto.Clone(request).(Request)
		at, err := newPlace(own.ProtoReflect())
		for err == nil {
			var part Response
			if part, err = call(ctx, own, opts...); err != nil {
				break
			}
			items := itemsOf(part)
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			var last protoreflect.Message
			if len(items) > 0 {
				last = items[len(items)-1].ProtoReflect()
			}
			var more bool
			if more, err = at.next(part.ProtoReflect(), len(items), last); err == nil && !more {
				return
			}
		}
		yield(none, err)
	}
}

// place is where in a list a request is.
type place struct {
	request protoreflect.Message

	// By page: the message that has the two fields, and the fields.
	page         protoreflect.Message
	number, size protoreflect.FieldDescriptor
	at, each     int64

	cursor protoreflect.FieldDescriptor // nil by page
}

// newPlace finds out how a request lists, and prepares it.
func newPlace(request protoreflect.Message) (*place, error) {
	p := &place{request: request}
	fields := request.Descriptor().Fields()
	page, cursor := fields.ByName("page"), fields.ByName("cursor")
	switch {
	case page != nil && page.Message() != nil && page.Message().FullName() == (&portonev2.PageInput{}).ProtoReflect().Descriptor().FullName():
		p.page = request.Mutable(page).Message()
		p.number, p.size = page.Message().Fields().ByName("number"), page.Message().Fields().ByName("size")
	case fields.ByName("page_number") != nil && fields.ByName("page_size") != nil:
		p.page, p.number, p.size = request, fields.ByName("page_number"), fields.ByName("page_size")
	case cursor != nil && fields.ByName("size") != nil:
		p.page, p.size, p.cursor = request, fields.ByName("size"), cursor
	default:
		return nil, fmt.Errorf("portoneclient: %s lists neither by page nor by cursor", request.Descriptor().FullName())
	}
	if !p.page.Has(p.size) {
		p.page.Set(p.size, protoreflect.ValueOfInt32(usualSize))
	}
	if p.each = p.page.Get(p.size).Int(); p.each < 1 {
		return nil, fmt.Errorf("portoneclient: a page has at least 1 object, not %d", p.each)
	}
	if p.number != nil {
		p.at = p.page.Get(p.number).Int()
	}
	endNow(request)
	return p, nil
}

// endNow sets the end of the range of time, if there is one that is not set.
func endNow(request protoreflect.Message) {
	fields := request.Descriptor().Fields()
	if until := fields.ByName("until"); isTimestamp(until) {
		if !request.Has(until) {
			request.Set(until, protoreflect.ValueOfMessage(timestamppb.New(time.Now()).ProtoReflect()))
		}
		return
	}
	filter := fields.ByName("filter")
	if filter == nil || filter.Message() == nil || filter.IsList() {
		return
	}
	if isTimestamp(filter.Message().Fields().ByName("until")) {
		endNow(request.Mutable(filter).Message())
	}
}

func isTimestamp(field protoreflect.FieldDescriptor) bool {
	return field != nil && field.Message() != nil && field.Message().FullName() == "google.protobuf.Timestamp"
}

// next goes on behind a part. It reports whether the list may go on there.
func (p *place) next(part protoreflect.Message, items int, last protoreflect.Message) (bool, error) {
	if p.cursor != nil {
		return p.behind(last)
	}
	seen, total := p.at*p.each+int64(items), totalOf(part)
	switch {
	case int64(items) < p.each && items > 0 && seen < total:
		return false, fmt.Errorf("portoneclient: page %d of %d objects has %d, and %d are said to follow: is the size too large?", p.at, p.each, items, total-seen)
	case int64(items) < p.each:
		return false, nil
	case (p.at+2)*p.each <= maxReach:
		p.at++
		p.page.Set(p.number, protoreflect.ValueOfInt32(int32(p.at)))
		return true, nil
	case total == seen:
		return false, nil
	}
	return false, fmt.Errorf("%w: %d have been read", ErrTooDeep, seen)
}

// behind goes on behind the last item of a part by cursor.
func (p *place) behind(last protoreflect.Message) (bool, error) {
	if last == nil {
		return false, nil
	}
	cursor := last.Descriptor().Fields().ByName("cursor")
	if cursor == nil || !last.Has(cursor) {
		return false, fmt.Errorf("portoneclient: the last %s has no cursor", last.Descriptor().FullName())
	}
	if value := last.Get(cursor); value.String() != p.request.Get(p.cursor).String() {
		p.request.Set(p.cursor, value)
		return true, nil
	}
	return false, errors.New("portoneclient: the cursor does not move: the list would have no end")
}

// totalOf is how many objects PortOne counts; 0 if it does not say so.
func totalOf(part protoreflect.Message) int64 {
	page := part.Descriptor().Fields().ByName("page")
	if page == nil || page.Message() == nil || !part.Has(page) {
		return 0
	}
	total := page.Message().Fields().ByName("total_count")
	if total == nil {
		return 0
	}
	return part.Get(page).Message().Get(total).Int()
}
