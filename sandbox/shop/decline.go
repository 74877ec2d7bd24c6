package shop

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// decline is why a PG refuses, in its own words.
type decline struct{ code, message string }

// The refusals of Toss Payments that do not hang on a card number. Codes are
// those of its reference; texts are what its users would read.
var (
	declineExpiredCard      = &decline{"INVALID_CARD_EXPIRATION", "카드 정보를 다시 확인해주세요. (유효기간)"}
	declineInstallment      = &decline{"NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT", "5만원 이하의 결제는 할부가 불가능해서 결제에 실패했습니다."}
	declineInstallmentMonth = &decline{"EXCEED_MAX_CARD_INSTALLMENT_PLAN", "설정 가능한 최대 할부 개월 수를 초과했습니다."}
	declineSessionOver      = &decline{"NOT_FOUND_PAYMENT_SESSION", "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다."}
	declineWindowClosed     = &decline{"PAY_PROCESS_CANCELED", "사용자에 의해 결제가 취소되었습니다."}
	declinePartOfEscrow     = &decline{"NOT_ALLOWED_PARTIAL_REFUND", "에스크로 주문, 현금 카드 결제일 때는 부분 환불이 불가합니다."}
	declineRefundAccount    = &decline{"INVALID_REFUND_ACCOUNT_NUMBER", "잘못된 환불 계좌번호입니다."}
	declineCapturedBefore   = &decline{"ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다."}
)

// err is the decline as PortOne answers it.
func (d *decline) err() error {
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER, "the PG refused: %s", d.code).
		With(&portonev2.PgProviderError{PgCode: world.Ptr(d.code), PgMessage: world.Ptr(d.message)})
}

// failure is the decline as a failed payment shows it.
func (d *decline) failure() *portonev2.PaymentFailure {
	return &portonev2.PaymentFailure{Reason: world.Ptr(d.message), PgCode: world.Ptr(d.code), PgMessage: world.Ptr(d.message)}
}
