package errmap

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Failure is a way in which a call can fail without an answer of PortOne.
type Failure int

const (
	// NotSent means that the request did not go out. The connection was refused, the name not
	// found, or the certificate not accepted.
	NotSent Failure = iota

	// BreakerOpen means that the request did not go out, since too many of its kind have
	// failed lately.
	BreakerOpen

	// ResponseLost means that the request went out, or may have, and no answer of PortOne's came back: a
	// reset, an early end of the connection, half an answer, a firewall's page.
	ResponseLost

	// TimedOut means that the request went out, and no answer came in time: the caller's
	// deadline or the gateway's own limit.
	TimedOut

	// CanceledAfterSend means that the request went out, and then the caller went away.
	CanceledAfterSend

	// DeadlineBeforeSend means that the caller's deadline passed before the request went out.
	DeadlineBeforeSend

	// CanceledBeforeSend means that the caller went away before the request went out.
	CanceledBeforeSend

	// MalformedResponse means that PortOne answered with 2xx, and something in the answer cannot be
	// read. Of a mutation only where the answer shows that it is PortOne's: what
	// came in its place is Lost.
	MalformedResponse

	// Overloaded means that the gateway has as many calls in flight as it may.
	Overloaded

	// Draining means that the gateway is shutting down.
	Draining

	// RequestTooLarge means that the request is larger than the gateway takes.
	RequestTooLarge

	// NoSuchOperation means that what was called does not exist.
	NoSuchOperation

	// Internal means that the gateway has a bug.
	Internal

	// CrossOrigin means that a page in a browser made the request.
	CrossOrigin

	// HostNotAllowed means that the request was for a host that is not the gateway's.
	HostNotAllowed

	// KeyRequired means that a mutation came without an idempotency key, where the gateway is
	// set to take none such.
	KeyRequired

	// UnidentifiedCaller means that it is not known who makes the call.
	UnidentifiedCaller

	// NotAllowed means that the caller may not make the call.
	NotAllowed

	// NotAudited means that a mutation could not be written down, where the gateway is set
	// to make none such.
	NotAudited
)

// verdict is what a failure means to the caller.
type verdict struct {
	reason portonev2.GatewayReason
	code   codes.Code
	text   [languages]string
}

var unknownType = [languages]string{
	English: "PortOne refused the request with an error of a type that this gateway does not know yet.",
	Korean:  "포트원이 이 게이트웨이가 아직 알지 못하는 유형의 오류로 요청을 거절했습니다.",
}

var unknownFailure = [languages]string{
	English: "PortOne failed on the request with an error of a type that this gateway does not know yet; look up whether it was carried out before trying again.",
	Korean:  "포트원이 이 게이트웨이가 아직 알지 못하는 유형의 오류로 요청 처리에 실패했으니 다시 시도하기 전에 처리 여부를 조회해야 합니다.",
}

// unclearFailure is the text of a temporary error where it is a mutation's.
var unclearFailure = [languages]string{
	English: "A service behind PortOne failed for the moment; look up whether the request was carried out before trying again.",
	Korean:  "포트원 뒤의 서비스가 일시적으로 실패했으니 다시 시도하기 전에 처리 여부를 조회해야 합니다.",
}

// Texts of the verdicts. An unknown outcome says how to ask again.
var (
	outcomeUnknown = [languages]string{
		English: "It is unknown whether PortOne carried the request out. Send the same request again with the same idempotency key: it tells the outcome and does nothing twice.",
		Korean:  "포트원이 요청을 처리했는지 알 수 없습니다. 같은 멱등 키로 같은 요청을 다시 보내면 중복 처리 없이 결과를 확인할 수 있습니다.",
	}
	notSent = [languages]string{
		English: "PortOne could not be reached; nothing was done.",
		Korean:  "포트원에 연결하지 못했으며 아무것도 처리되지 않았습니다.",
	}
	breakerOpen = [languages]string{
		English: "Most requests of this kind to PortOne have failed within the last seconds, so this one was not sent; nothing was done.",
		Korean:  "최근 몇 초 동안 포트원으로 보낸 같은 종류의 요청이 대부분 실패하여 이 요청은 보내지 않았으며 아무것도 처리되지 않았습니다.",
	}
	upstreamFailed = [languages]string{
		English: "PortOne did not give an answer of its API to a request that changes nothing.",
		Korean:  "데이터를 변경하지 않는 요청에 대해 포트원이 정상적인 응답을 주지 않았습니다.",
	}
	refused = [languages]string{
		English: "The request was refused before it reached PortOne's API; nothing was done.",
		Korean:  "요청이 포트원 API에 도달하기 전에 거절되어 아무것도 처리되지 않았습니다.",
	}
	rateLimited = [languages]string{
		English: "There are too many requests to PortOne at the moment; nothing was done.",
		Korean:  "현재 포트원으로 보내는 요청이 너무 많아 아무것도 처리되지 않았습니다.",
	}
	tooLarge = [languages]string{
		English: "The request is larger than PortOne accepts; nothing was done.",
		Korean:  "요청이 포트원이 허용하는 크기를 초과하여 아무것도 처리되지 않았습니다.",
	}
	carriedOut = [languages]string{
		English: "PortOne carried the request out, but its answer cannot be read. Send the same request again with the same idempotency key, or look the result up.",
		Korean:  "포트원이 요청을 처리했지만 응답을 읽을 수 없습니다. 같은 멱등 키로 다시 요청하거나 결과를 조회해 주십시오.",
	}
	unreadable = [languages]string{
		English: "PortOne's answer cannot be read.",
		Korean:  "포트원의 응답을 읽을 수 없습니다.",
	}
	deadlinePassed = [languages]string{
		English: "The deadline passed before the request was sent; nothing was done.",
		Korean:  "요청을 보내기 전에 기한이 지나 아무것도 처리되지 않았습니다.",
	}
	callerGone = [languages]string{
		English: "The call was cancelled.",
		Korean:  "호출이 취소되었습니다.",
	}
	overloaded = [languages]string{
		English: "The gateway has too many calls in flight; nothing was done.",
		Korean:  "게이트웨이에서 처리 중인 호출이 너무 많아 아무것도 처리되지 않았습니다.",
	}
	draining = [languages]string{
		English: "The gateway is shutting down; nothing was done.",
		Korean:  "게이트웨이가 종료 중이므로 아무것도 처리되지 않았습니다.",
	}
	noSuchOperation = [languages]string{
		English: "There is no such operation.",
		Korean:  "존재하지 않는 API입니다.",
	}
	requestTooLarge = [languages]string{
		English: "The request is larger than the gateway accepts; nothing was done.",
		Korean:  "요청이 게이트웨이가 허용하는 크기를 초과하여 아무것도 처리되지 않았습니다.",
	}
	crossOrigin = [languages]string{
		English: "Pages in a browser may not make requests to the gateway; nothing was done.",
		Korean:  "브라우저의 웹 페이지에서는 게이트웨이로 요청을 보낼 수 없으며 아무것도 처리되지 않았습니다.",
	}
	hostNotAllowed = [languages]string{
		English: "The gateway does not answer requests for this host; use an IP address or localhost, or name the host in --allowed-hosts. Nothing was done.",
		Korean:  "게이트웨이가 응답하지 않는 호스트입니다. IP 주소나 localhost를 사용하거나 --allowed-hosts에 호스트를 지정해 주십시오. 아무것도 처리되지 않았습니다.",
	}
	keyRequired = [languages]string{
		English: "This gateway takes no request that may change something without an idempotency key of the caller's; send one as `idempotency-key`. Nothing was done.",
		Korean:  "이 게이트웨이는 데이터를 변경하는 요청에 호출자의 멱등 키를 요구합니다. `idempotency-key`로 키를 보내 주십시오. 아무것도 처리되지 않았습니다.",
	}
	unidentifiedCaller = [languages]string{
		English: "The gateway does not know who makes this call; nothing was done.",
		Korean:  "누가 호출했는지 확인할 수 없어 아무것도 처리하지 않았습니다.",
	}
	notAllowed = [languages]string{
		English: "This caller may not make this call; nothing was done.",
		Korean:  "이 호출자에게 허용되지 않은 요청이므로 아무것도 처리하지 않았습니다.",
	}
	callerLimit = [languages]string{
		English: "The caller makes more calls than it may; nothing was done.",
		Korean:  "호출자에게 허용된 호출량을 초과하여 아무것도 처리하지 않았습니다.",
	}
	notAudited = [languages]string{
		English: "The gateway cannot write down that this call was made, and makes none without; nothing was done.",
		Korean:  "감사 기록을 남길 수 없어 아무것도 처리하지 않았습니다.",
	}
	bug = [languages]string{
		English: "The gateway has an internal error.",
		Korean:  "게이트웨이 내부 오류가 발생했습니다.",
	}
)

// Shorter names for the table below.
const (
	reasonUnknown     = portonev2.GatewayReason_GATEWAY_REASON_OUTCOME_UNKNOWN
	reasonUnreadable  = portonev2.GatewayReason_GATEWAY_REASON_ANSWER_UNREADABLE
	reasonUnreachable = portonev2.GatewayReason_GATEWAY_REASON_UPSTREAM_UNREACHABLE
	reasonFailed      = portonev2.GatewayReason_GATEWAY_REASON_UPSTREAM_FAILED
	reasonLimited     = portonev2.GatewayReason_GATEWAY_REASON_UPSTREAM_RATE_LIMITED
	reasonInvalid     = portonev2.GatewayReason_GATEWAY_REASON_INVALID_REQUEST
	reasonTooLarge    = portonev2.GatewayReason_GATEWAY_REASON_TOO_LARGE
	reasonOverloaded  = portonev2.GatewayReason_GATEWAY_REASON_OVERLOADED
	reasonDraining    = portonev2.GatewayReason_GATEWAY_REASON_SHUTTING_DOWN
	reasonNotSent     = portonev2.GatewayReason_GATEWAY_REASON_NOT_SENT
	reasonNoSuch      = portonev2.GatewayReason_GATEWAY_REASON_NO_SUCH_OPERATION
	reasonInternal    = portonev2.GatewayReason_GATEWAY_REASON_INTERNAL
	reasonCrossOrigin = portonev2.GatewayReason_GATEWAY_REASON_CROSS_ORIGIN
	reasonHost        = portonev2.GatewayReason_GATEWAY_REASON_HOST_NOT_ALLOWED
	reasonKeyRequired = portonev2.GatewayReason_GATEWAY_REASON_IDEMPOTENCY_KEY_REQUIRED

	reasonUnidentified = portonev2.GatewayReason_GATEWAY_REASON_UNIDENTIFIED_CALLER
	reasonNotAllowed   = portonev2.GatewayReason_GATEWAY_REASON_NOT_ALLOWED
	reasonNotJudgeable = portonev2.GatewayReason_GATEWAY_REASON_NOT_JUDGEABLE
	reasonCallerLimit  = portonev2.GatewayReason_GATEWAY_REASON_CALLER_LIMIT
	reasonNotAudited   = portonev2.GatewayReason_GATEWAY_REASON_NOT_AUDITED

	statusClientClosed = 499 // nginx's, which proxies and dashboards know
)

// verdicts of each failure, for reads and for mutations. A mutation whose outcome
// is unknown is never UNAVAILABLE, which meshes retry.
var verdicts = map[Failure][2]verdict{
	NotSent:     both(verdict{reasonUnreachable, codes.Unavailable, notSent}),
	BreakerOpen: both(verdict{reasonUnreachable, codes.Unavailable, breakerOpen}),
	ResponseLost: {
		{reasonFailed, codes.Unavailable, upstreamFailed},
		{reasonUnknown, codes.Unknown, outcomeUnknown},
	},
	TimedOut: {
		{reasonFailed, codes.DeadlineExceeded, upstreamFailed},
		{reasonUnknown, codes.DeadlineExceeded, outcomeUnknown},
	},
	CanceledAfterSend: {
		{reasonFailed, codes.Canceled, callerGone},
		{reasonUnknown, codes.Unknown, outcomeUnknown},
	},
	DeadlineBeforeSend: both(verdict{reasonNotSent, codes.DeadlineExceeded, deadlinePassed}),
	CanceledBeforeSend: both(verdict{reasonNotSent, codes.Canceled, callerGone}),
	MalformedResponse: {
		{reasonFailed, codes.Internal, unreadable},
		{reasonUnreadable, codes.Internal, carriedOut},
	},
	Overloaded:      both(verdict{reasonOverloaded, codes.Unavailable, overloaded}),
	Draining:        both(verdict{reasonDraining, codes.Unavailable, draining}),
	RequestTooLarge: both(verdict{reasonTooLarge, codes.ResourceExhausted, requestTooLarge}),
	NoSuchOperation: both(verdict{reasonNoSuch, codes.Unimplemented, noSuchOperation}),
	CrossOrigin:     both(verdict{reasonCrossOrigin, codes.PermissionDenied, crossOrigin}),
	HostNotAllowed:  both(verdict{reasonHost, codes.PermissionDenied, hostNotAllowed}),
	KeyRequired:     both(verdict{reasonKeyRequired, codes.InvalidArgument, keyRequired}),

	UnidentifiedCaller: both(verdict{reasonUnidentified, codes.Unauthenticated, unidentifiedCaller}),
	NotAllowed:         both(verdict{reasonNotAllowed, codes.PermissionDenied, notAllowed}),
	NotAudited:         both(verdict{reasonNotAudited, codes.Unavailable, notAudited}),
	Internal: {
		{reasonInternal, codes.Internal, bug},
		{reasonUnknown, codes.Internal, outcomeUnknown}, // the bug may have come after PortOne did it
	},
}

// breakerWait is how long to wait after a refusal of the breaker: as long as it stays
// open at most, see package upstream.
const breakerWait = 2 * time.Second

func both(v verdict) [2]verdict { return [2]verdict{v, v} }

// Failure makes the error for a call without an answer. The cause is for the log
// only.
func (m *Mapper) Failure(c *Subject, f Failure, cause error) *Error {
	v := verdicts[f][0]
	if c.Mutation {
		v = verdicts[f][1]
	}
	e := draft{call: c}
	if f == BreakerOpen {
		e.retry = breakerWait
	}
	return e.gateway(v, cause)
}

// untyped finishes the error for an answer that is no typed error of PortOne.
func (e *draft) untyped() *Error {
	cause := fmt.Errorf("PortOne answered with HTTP status %d and no typed error", e.http)
	switch {
	case e.http == http.StatusTooManyRequests:
		return e.gateway(verdict{reasonLimited, codes.ResourceExhausted, rateLimited}, cause)
	case e.http == http.StatusRequestEntityTooLarge:
		return e.gateway(verdict{reasonTooLarge, codes.ResourceExhausted, tooLarge}, cause)
	case e.http == http.StatusConflict && e.call.Mutation:
		// What cannot be read may say that a request with this key is being worked on.
		return e.gateway(verdict{reasonUnknown, codes.Unknown, outcomeUnknown}, cause)
	case e.http == http.StatusNotFound: // it says nothing of a payment: no one may conclude that there is none
		return e.gateway(verdict{reasonFailed, codes.Unimplemented, refused}, cause)
	case !mayBeDone(e.http):
		return e.gateway(verdict{reasonFailed, codeOfHTTP(e.http, e.call.Mutation), refused}, cause)
	case e.call.Mutation: // 5xx, a redirect, a timeout
		return e.gateway(verdict{reasonUnknown, codes.Unknown, outcomeUnknown}, cause)
	case e.http >= 500:
		return e.gateway(verdict{reasonFailed, codeOfHTTP(e.http, false), upstreamFailed}, cause)
	}
	return e.gateway(verdict{reasonFailed, codes.Unavailable, upstreamFailed}, cause)
}

// Invalid makes the error for a request that is malformed and was not sent. Field
// leads to the mistake, in the caller's terms.
func (m *Mapper) Invalid(c *Subject, field, problem string, cause error) *Error {
	text := strings.TrimPrefix(field+": "+problem, ": ")
	v := verdict{reasonInvalid, codes.InvalidArgument, [languages]string{
		English: "The request is malformed: " + text + ".",
		Korean:  "요청 형식이 올바르지 않습니다: " + text,
	}}
	e := (&draft{call: c}).gateway(v, cause)
	e.full.Details = append(e.full.Details, pack(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: field, Description: problem, Reason: e.reason}}}))
	return e
}

// NotJudgeable makes the error for a request of which it is not certain how PortOne
// would read it, where the policy asks. Field leads to the place; it may be empty.
func (m *Mapper) NotJudgeable(c *Subject, field, problem string) *Error {
	text := strings.TrimPrefix(field+": "+problem, ": ")
	v := verdict{reasonNotJudgeable, codes.PermissionDenied, [languages]string{
		English: "It cannot be told for certain whether this call is allowed: " + text + ". Nothing was done.",
		Korean:  "허용된 요청인지 확실히 판단할 수 없어 아무것도 처리하지 않았습니다: " + text,
	}}
	e := (&draft{call: c}).gateway(v, nil)
	e.full.Details = append(e.full.Details, pack(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: field, Description: problem, Reason: e.reason}}}))
	return e
}

// CallerLimit makes the error for a call over the caller's limit. After is when there is
// room again; 0 where that is not known.
func (m *Mapper) CallerLimit(c *Subject, after time.Duration) *Error {
	return (&draft{call: c, retry: after}).gateway(verdict{reasonCallerLimit, codes.ResourceExhausted, callerLimit}, nil)
}

// Malformed is Invalid for an error of transcode.
func (m *Mapper) Malformed(c *Subject, err error) *Error {
	var at *transcode.Error
	if errors.As(err, &at) {
		return m.Invalid(c, at.Path, at.Problem, err)
	}
	return m.Invalid(c, "", "it cannot be read", err)
}

// gateway makes an error of the gateway's own.
func (e *draft) gateway(v verdict, cause error) *Error {
	reason := nameOf(v.reason)
	info := &errdetails.ErrorInfo{Reason: reason, Domain: contract.GatewayDomain, Metadata: e.metadata()}
	st := &spb.Status{Code: int32(v.code), Message: v.text[English]}
	st.Details = append(st.Details, pack(info))
	if e.retry > 0 {
		st.Details = append(st.Details, pack(&errdetails.RetryInfo{RetryDelay: durationpb.New(e.retry)}))
	}
	st.Details = append(st.Details, localized(e.call.Language, v.text))
	return &Error{full: st, reason: reason, domain: contract.GatewayDomain, http: restStatus(v.code, info), retry: e.retry, cause: cause}
}

// nameOf is a reason as it stands in an ErrorInfo.
func nameOf(reason portonev2.GatewayReason) string {
	return strings.TrimPrefix(reason.String(), "GATEWAY_REASON_")
}
