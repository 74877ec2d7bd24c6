package shop

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestCard is a card number with which the sandbox behaves in a set way.
type TestCard struct {
	Number string

	// About says what happens.
	About string

	// PgCode and PgMessage are what Toss Payments refuses with, the code a real
	// one of its reference. Empty for a card that always approves.
	PgCode, PgMessage string

	does behaviour
}

// behaviour is when a card is refused, and how long it takes.
type behaviour int

const (
	approves            behaviour = iota
	declines                      // every charge
	declinesSecond                // the second charge to one billing key, and only that
	declinesRegistering           // a billing key
	declinesOnceInGroup           // a billing key, on the second channel of a group
	declinesCancelling            // every cancellation
	pends                         // approves after PendingApproval
	pendsAndDeclines              // refuses after PendingApproval
	answersLate                   // a scheduled payment only, after LateAnswer
)

// How long what takes time takes, on the sandbox's clock.
const (
	// PendingApproval is how long a payment stays PAY_PENDING.
	PendingApproval = time.Hour

	// LateAnswer is how long a scheduled payment with a card that answers late
	// stays STARTED.
	LateAnswer = time.Minute

	// PendingCancellation is how long a cancellation stays REQUESTED.
	PendingCancellation = 24 * time.Hour

	// ConfirmWithin is how long after the window was opened a payment or billing
	// key can be confirmed.
	ConfirmWithin = 30 * time.Minute
)

// debitNumber is the reserved number of a check card, the others being of credit
// cards.
const debitNumber = "4000000000009995"

// testCards is what TestCards returns.
var testCards = []TestCard{
	{Number: "4242424242424242", About: "approves; Shinhan Card, Visa"},
	{Number: "5555555555554444", About: "approves; Hyundai Card, Mastercard"},
	{Number: "378282246310005", About: "approves; Samsung Card, American Express"},
	{"4000000000006975", "declined: over the limit of the card", "REJECT_CARD_PAYMENT", "한도초과 혹은 잔액부족으로 결제에 실패했습니다.", declines},
	{debitNumber, "declined: a check card without enough money on its account", "REJECT_ACCOUNT_PAYMENT", "잔액부족으로 결제에 실패했습니다.", declines},
	{"4000000000000069", "declined: expired", "INVALID_CARD_EXPIRATION", "카드 정보를 다시 확인해주세요. (유효기간)", declines},
	{"4000000000009987", "declined: reported lost or stolen", "INVALID_CARD_LOST_OR_STOLEN", "분실 혹은 도난 카드입니다.", declines},
	{"4000000000000259", "declined: suspended", "INVALID_STOPPED_CARD", "정지된 카드 입니다.", declines},
	{"4100000000000019", "declined: suspected fraud", "FDS_ERROR", "[토스페이먼츠] 위험거래가 감지되어 결제가 제한됩니다. 발송된 문자에 포함된 링크를 통해 본인인증 후 결제가 가능합니다.", declines},
	{"4000000000000002", "declined: by the card company, without saying why", "REJECT_CARD_COMPANY", "결제 승인이 거절되었습니다.", declines},
	{"4000000000000127", "declined: wrong card password", "INVALID_CARD_PASSWORD", "카드 정보를 다시 확인해주세요. (비밀번호)", declines},
	{"4000000000000119", "declined: an outage at the PG", "FAILED_INTERNAL_SYSTEM_PROCESSING", "내부 시스템 처리 작업이 실패했습니다. 잠시 후 다시 시도해주세요.", declines},
	{"4000000000000341", "as a billing key: declined at its second charge only, for a subscription with one failed month", "REJECT_CARD_PAYMENT", "한도초과 혹은 잔액부족으로 결제에 실패했습니다.", declinesSecond},
	{"4000000000000101", "refused as a billing key, approves keyed in", "NOT_SUPPORTED_CARD_TYPE", "지원되지 않는 카드 종류입니다.", declinesRegistering},
	{"4000000000000036", "as a billing key through a channel group: refused on the second channel", "NOT_SUPPORTED_CARD_TYPE", "지원되지 않는 카드 종류입니다.", declinesOnceInGroup},
	{"4000000000005126", "approves; every cancellation is refused", "REFUND_REJECTED", "환불이 거절됐습니다. 결제사에 문의 부탁드립니다.", declinesCancelling},
	{Number: "4000000000003220", About: "stays PAY_PENDING for an hour, then is approved", does: pends},
	{"4000000000003063", "stays PAY_PENDING for an hour, then is declined", "REJECT_CARD_COMPANY", "결제 승인이 거절되었습니다.", pendsAndDeclines},
	{Number: "4000000000000077", About: "as a billing key: a scheduled payment stays STARTED for a minute, then is approved", does: answersLate},
}

// TestCards lists the reserved card numbers, for documentation. All other
// numbers approve.
func TestCards() []TestCard { return append([]TestCard(nil), testCards...) }

// card is a card as the sandbox remembers it: not its number.
type card struct {
	test   *TestCard
	shown  *portonev2.Card
	expiry time.Time // when it is no longer valid
}

// readCard checks keyed-in card details. Their form alone makes a request
// invalid; whether the card can pay is the PG's to say.
func readCard(credential *portonev2.CardCredential) (*card, error) {
	number := credential.GetNumber()
	if len(number) < 13 || len(number) > 19 || strings.Trim(number, "0123456789") != "" {
		return nil, world.Invalid("card number must have 13 to 19 digits")
	}
	month, err := strconv.Atoi(credential.GetExpiryMonth())
	if err != nil || len(credential.GetExpiryMonth()) != 2 || month < 1 || month > 12 {
		return nil, world.Invalid("expiryMonth must be 01 to 12")
	}
	year, err := strconv.Atoi(credential.GetExpiryYear())
	if err != nil || len(credential.GetExpiryYear()) != 2 || year < 0 {
		return nil, world.Invalid("expiryYear must have two digits")
	}
	c := &card{
		test:   &TestCard{},
		shown:  describeCard(number, len(credential.GetBirthOrBusinessRegistrationNumber()) == 10),
		expiry: time.Date(2000+year, time.Month(month)+1, 1, 0, 0, 0, 0, world.Korea),
	}
	for i := range testCards {
		if testCards[i].Number == number {
			c.test = &testCards[i]
		}
	}
	return c, nil
}

// companies are the card companies and brands, by the first digit of the number.
var companies = map[byte]struct {
	company   portonev2.PromotionCardCompany
	publisher string
	brand     portonev2.CardBrand
}{
	'3': {portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_SAMSUNG_CARD, "SAMSUNG_CARD", portonev2.CardBrand_CARD_BRAND_AMEX},
	'4': {portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_SHINHAN_CARD, "SHINHAN_CARD", portonev2.CardBrand_CARD_BRAND_VISA},
	'5': {portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_HYUNDAI_CARD, "HYUNDAI_CARD", portonev2.CardBrand_CARD_BRAND_MASTER},
	'6': {portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_WOORI_CARD, "WOORI_CARD", portonev2.CardBrand_CARD_BRAND_UNIONPAY},
	'9': {portonev2.PromotionCardCompany_PROMOTION_CARD_COMPANY_KOOKMIN_CARD, "KOOKMIN_CARD", portonev2.CardBrand_CARD_BRAND_LOCAL},
}

// companyOf is the card company of a card; unspecified for one that no promotion
// knows.
func (c *card) companyOf() portonev2.PromotionCardCompany {
	return companies[c.shown.GetBin()[0]].company
}

// describeCard is what PortOne would tell of a card: never the whole number.
func describeCard(number string, corporate bool) *portonev2.Card {
	kind, owner := portonev2.CardType_CARD_TYPE_CREDIT, portonev2.CardOwnerType_CARD_OWNER_TYPE_PERSONAL
	if number == debitNumber {
		kind = portonev2.CardType_CARD_TYPE_DEBIT
	}
	if corporate {
		owner = portonev2.CardOwnerType_CARD_OWNER_TYPE_CORPORATE
	}
	shown := &portonev2.Card{
		Type: kind.Enum(), OwnerType: owner.Enum(), Bin: world.Ptr(number[:8]),
		Number: world.Ptr(number[:8] + strings.Repeat("*", len(number)-12) + number[len(number)-4:]),
	}
	if company, known := companies[number[0]]; known {
		shown.Publisher, shown.Issuer = world.Ptr(company.publisher), world.Ptr(company.publisher)
		shown.Brand, shown.Name = company.brand.Enum(), world.Ptr(fmt.Sprintf("%s sandbox", company.publisher))
	}
	return shown
}

// decline is what the card's number makes the PG answer when it refuses.
func (c *TestCard) decline() *decline { return &decline{c.PgCode, c.PgMessage} }

// register says why no billing key can be issued for the card on a channel, or
// nil. The channel is given by its place in its group.
func (c *card) register(at time.Time, channel int) *decline {
	switch {
	case !at.Before(c.expiry):
		return declineExpiredCard
	case c.test.does == declinesRegistering, c.test.does == declinesOnceInGroup && channel == 1:
		return c.test.decline()
	}
	return nil
}

// charge says why the card cannot be charged, or nil. The charges to one billing
// key count from 1; a keyed-in card is always at its first.
func (c *card) charge(at time.Time, nth int) *decline {
	switch {
	case !at.Before(c.expiry):
		return declineExpiredCard
	case c.test.does == declines, c.test.does == declinesSecond && nth == 2:
		return c.test.decline()
	}
	return nil
}

// refusesCancelling reports whether the PG gives nothing back to the card. Nil is
// another method.
func (c *card) refusesCancelling() bool { return c != nil && c.test.does == declinesCancelling }
