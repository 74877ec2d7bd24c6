package events

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/events/store"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Reasons of errors.
var (
	reasonNoSubscription = reasonOf(eventsv1.EventReason_EVENT_REASON_SUBSCRIPTION_NOT_FOUND)
	reasonNoEvent        = reasonOf(eventsv1.EventReason_EVENT_REASON_EVENT_NOT_FOUND)
	reasonPosition       = reasonOf(eventsv1.EventReason_EVENT_REASON_POSITION_EXPIRED)
	reasonUnavailable    = reasonOf(eventsv1.EventReason_EVENT_REASON_STORE_UNAVAILABLE)
	reasonStreamExpired  = reasonOf(eventsv1.EventReason_EVENT_REASON_STREAM_EXPIRED)
	reasonLimit          = reasonOf(eventsv1.EventReason_EVENT_REASON_LIMIT_REACHED)
	reasonInvalid        = gatewayReason(portonev2.GatewayReason_GATEWAY_REASON_INVALID_REQUEST)
	reasonDraining       = gatewayReason(portonev2.GatewayReason_GATEWAY_REASON_SHUTTING_DOWN)
	reasonNotSent        = gatewayReason(portonev2.GatewayReason_GATEWAY_REASON_NOT_SENT)
)

func reasonOf(r eventsv1.EventReason) string { return strings.TrimPrefix(r.String(), "EVENT_REASON_") }

func gatewayReason(r portonev2.GatewayReason) string {
	return strings.TrimPrefix(r.String(), "GATEWAY_REASON_")
}

// invalidError is a mistake in a request.
type invalidError struct{ field, problem string }

func (e *invalidError) Error() string { return e.field + ": " + e.problem }

func invalid(field, problem string) error { return &invalidError{field, problem} }

// Why a stream or a waiting call ends before its time.
var (
	errDraining = errors.New("the gateway is shutting down")
	errAge      = errors.New("the stream has reached its age")
	errGone     = fmt.Errorf("a message could not be sent: %w", context.Canceled)
	errStreams  = errors.New("as many streams are open as may be")
)

// problems are the errors of the store and of streams, the more special ones first.
var problems = []struct {
	is     error
	native errmap.Native
}{
	{store.ErrNoSubscription, errmap.Native{Code: codes.NotFound, Reason: reasonNoSubscription,
		English: "There is no subscription of this name. Declare it by PutSubscription.",
		Korean:  "해당 이름의 구독이 없습니다. PutSubscription으로 먼저 등록하세요."}},
	{store.ErrNoEvent, errmap.Native{Code: codes.NotFound, Reason: reasonNoEvent,
		English: "No event with this id is stored.", Korean: "해당 ID의 이벤트가 저장되어 있지 않습니다."}},
	{store.ErrPositionExpired, errmap.Native{Code: codes.OutOfRange, Reason: reasonPosition,
		English: "What stood at this position is no longer kept, or it is a position of another store.",
		Korean:  "해당 위치의 이벤트는 더 이상 보관되지 않거나 다른 저장소의 위치입니다."}},
	{store.ErrPosition, malformed("position", "is not one of this store's")},
	{store.ErrMalformed, malformed("page_token", "is not one of this list's")},
	{store.ErrLimit, errmap.Native{Code: codes.ResourceExhausted, Reason: reasonLimit,
		English: "There are as many subscriptions as there may be.", Korean: "구독을 더 이상 만들 수 없습니다."}},
	{store.ErrFull, errmap.Native{Code: codes.ResourceExhausted, Reason: reasonLimit,
		English: "The store of events is full.", Korean: "이벤트 저장소가 가득 찼습니다."}},
	{errStreams, errmap.Native{Code: codes.ResourceExhausted, Reason: reasonLimit,
		English: "As many streams are open at this gateway as may be.", Korean: "이 게이트웨이에서 열 수 있는 스트림 수를 초과했습니다."}},
	{errAge, errmap.Native{Code: codes.Unavailable, Reason: reasonStreamExpired,
		English: "The stream has reached its age. Subscribe again; nothing is lost.", Korean: "스트림의 유효 시간이 지났습니다. 다시 구독하세요. 유실되는 이벤트는 없습니다."}},
	{errDraining, errmap.Native{Code: codes.Unavailable, Reason: reasonDraining,
		English: "The gateway is shutting down. Subscribe again; nothing is lost.", Korean: "게이트웨이가 종료되고 있습니다. 다시 구독하세요. 유실되는 이벤트는 없습니다."}},
	{context.Canceled, errmap.Native{Code: codes.Canceled, Reason: reasonNotSent,
		English: "The caller went away.", Korean: "호출자가 요청을 취소했습니다."}},
	{context.DeadlineExceeded, errmap.Native{Code: codes.DeadlineExceeded, Reason: reasonNotSent,
		English: "The caller's deadline passed.", Korean: "호출자의 제한 시간이 지났습니다."}},
}

// unavailable is what every other error of the store is to callers.
var unavailable = errmap.Native{Code: codes.Unavailable, Reason: reasonUnavailable, RetryAfter: retryAfter,
	English: "The store of events cannot be used now. Ask again later.", Korean: "지금은 이벤트 저장소를 사용할 수 없습니다. 잠시 후 다시 시도하세요."}

func malformed(field, problem string) errmap.Native {
	return errmap.Native{Code: codes.InvalidArgument, Reason: reasonInvalid, Field: field, Problem: problem,
		English: "The request is malformed: " + field + ": " + problem + ".", Korean: "요청 형식이 올바르지 않습니다: " + field + ": " + problem}
}

// refuse makes the status of an error.
func refuse(ctx context.Context, err error) error {
	return native(ctx, err).Error(language(ctx))
}

func native(ctx context.Context, err error) errmap.Native {
	var wrong *invalidError
	if errors.As(err, &wrong) {
		return malformed(wrong.field, wrong.problem)
	}
	if errors.Is(err, store.ErrFilter) {
		return malformed("filter", err.Error())
	}
	if ctx.Err() != nil && errors.Is(err, store.ErrUnavailable) { // the store was not waited for
		err = ctx.Err()
	}
	found := unavailable
	for _, p := range problems {
		if errors.Is(err, p.is) && !(errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil) {
			found = p.native
			break
		}
	}
	found.Cause = err
	return found
}

// language is the caller's.
func language(ctx context.Context) errmap.Language {
	if accept := metadata.ValueFromIncomingContext(ctx, "accept-language"); len(accept) > 0 {
		return errmap.ParseLanguage(accept[0])
	}
	return errmap.English
}
