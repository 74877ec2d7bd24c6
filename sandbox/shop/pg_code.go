package shop

import portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

// book has the codes with which a PG says what Toss Payments says by its own.
type book struct {
	codes map[string]string // by the code of Toss Payments
	card  string            // for every other refusal of a card; empty if there is none
}

// books are those of the PGs with codes of their own. They are codes of the
// dictionaries in errmap/pg, but for Nice's 3095, by which it hands on whatever a
// card company said: a real shop on Nice meets that one most.
var books = map[portonev2.PgProvider]book{
	portonev2.PgProvider_PG_PROVIDER_KCP_V2: {card: "CC03", codes: map[string]string{
		"REJECT_CARD_PAYMENT": "CC61", "REJECT_ACCOUNT_PAYMENT": "CC10", "INVALID_CARD_EXPIRATION": "CC54", "INVALID_CARD_LOST_OR_STOLEN": "CC43",
		"INVALID_STOPPED_CARD": "CC45", "FDS_ERROR": "8182", "INVALID_CARD_PASSWORD": "CC63", "FAILED_INTERNAL_SYSTEM_PROCESSING": "CC99",
		"NOT_SUPPORTED_CARD_TYPE": "CC80", "REFUND_REJECTED": "8012", "PAY_PROCESS_CANCELED": "3001", "NOT_FOUND_PAYMENT_SESSION": "8310",
		"EXCEED_MAX_CARD_INSTALLMENT_PLAN": "8125",
	}},
	portonev2.PgProvider_PG_PROVIDER_NICE_V2: {card: "3095", codes: map[string]string{
		"INVALID_CARD_EXPIRATION": "3021", "FAILED_INTERNAL_SYSTEM_PROCESSING": "X003", "NOT_SUPPORTED_CARD_TYPE": "F118",
		"REFUND_REJECTED": "2017", "PAY_PROCESS_CANCELED": "I002", "NOT_FOUND_PAYMENT_SESSION": "A245",
		"EXCEED_MAX_CARD_INSTALLMENT_PLAN": "3023", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT": "3024",
	}},
	portonev2.PgProvider_PG_PROVIDER_KICC_V2: {card: "8373", codes: map[string]string{
		"REJECT_CARD_PAYMENT": "8521", "REJECT_ACCOUNT_PAYMENT": "8035", "INVALID_CARD_EXPIRATION": "8314", "INVALID_CARD_LOST_OR_STOLEN": "8350",
		"INVALID_CARD_PASSWORD": "8311",
	}},
	portonev2.PgProvider_PG_PROVIDER_EXIMBAY_V2: {card: "CONTACT_CARD_ISSUER", codes: map[string]string{
		"INVALID_CARD_EXPIRATION": "EXPIRED_CARD", "INVALID_CARD_LOST_OR_STOLEN": "STOLEN_OR_LOST_CARD", "FDS_ERROR": "FRAUDULENT_DECLINE",
		"INVALID_CARD_PASSWORD": "INVALID_PASSWORD", "FAILED_INTERNAL_SYSTEM_PROCESSING": "EX00", "NOT_SUPPORTED_CARD_TYPE": "CARD_NOT_SUPPORTED",
	}},
	portonev2.PgProvider_PG_PROVIDER_NAVERPAY: {codes: map[string]string{
		"REJECT_ACCOUNT_PAYMENT": "NotEnoughAccountBalance", "PAY_PROCESS_CANCELED": "UserCancel", "NOT_FOUND_PAYMENT_SESSION": "TimeExpired",
	}},
}

// says returns a refusal as the PG of the route has it: with its own code where one
// is known, else with that of Toss Payments.
func (r route) says(d *decline) *decline {
	if d == nil {
		return nil
	}
	b := books[r.channel.GetPgProvider()]
	code := b.codes[d.code]
	if code == "" && isCardCode[d.code] {
		code = b.card
	}
	if code == "" {
		return d
	}
	return &decline{code, d.message}
}

// isCardCode has the codes with which the test cards are refused a charge.
var isCardCode = func() map[string]bool {
	codes := make(map[string]bool)
	for _, c := range testCards {
		if c.does == declines || c.does == pendsAndDeclines {
			codes[c.PgCode] = true
		}
	}
	return codes
}()
