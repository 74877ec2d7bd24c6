package identity

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// refusal is why a PG does not verify, in its own words.
type refusal struct{ code, message string }

// The codes are made up: the PGs' own are not public.
var (
	wrongCode       = &refusal{"SANDBOX_WRONG_CODE", "인증번호가 일치하지 않습니다."}
	tooManyWrong    = &refusal{"SANDBOX_TOO_MANY_WRONG_CODES", "인증번호 입력 횟수를 초과했습니다."}
	codeTooOld      = &refusal{"SANDBOX_CODE_EXPIRED", "인증번호 입력 시간이 초과되었습니다."}
	notApproved     = &refusal{"SANDBOX_NOT_APPROVED", "앱에서 인증이 완료되지 않았습니다."}
	tooManyMessages = &refusal{"SANDBOX_TOO_MANY_MESSAGES", "인증번호 재전송 횟수를 초과했습니다."}
	notTheirs       = &refusal{"SANDBOX_CUSTOMER_MISMATCH", "통신사에 등록된 고객 정보와 일치하지 않습니다."}
	tooLate         = &refusal{"SANDBOX_REQUEST_EXPIRED", "본인인증 시간이 초과되었습니다."}
)

// err is the refusal as a call is answered with it.
func (r *refusal) err() *world.Refusal {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER, "the PG refused: %s", r.code).
		With(&portonev2.PgProviderError{PgCode: world.Ptr(r.code), PgMessage: world.Ptr(r.message)})
}

// failure is the refusal as a failed verification shows it.
func (r *refusal) failure() *portonev2.IdentityVerificationFailure {
	return &portonev2.IdentityVerificationFailure{
		Reason: world.Ptr(r.message), PgCode: world.Ptr(r.code), PgMessage: world.Ptr(r.message),
	}
}
