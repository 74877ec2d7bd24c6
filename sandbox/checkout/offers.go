package checkout

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Countries and currencies of the rules.
const (
	china       = portonev2.Country_COUNTRY_CN
	germany     = portonev2.Country_COUNTRY_DE
	hongKong    = portonev2.Country_COUNTRY_HK
	indonesia   = portonev2.Country_COUNTRY_ID
	japan       = portonev2.Country_COUNTRY_JP
	korea       = portonev2.Country_COUNTRY_KR
	malaysia    = portonev2.Country_COUNTRY_MY
	philippines = portonev2.Country_COUNTRY_PH
	singapore   = portonev2.Country_COUNTRY_SG
	thailand    = portonev2.Country_COUNTRY_TH

	cny = portonev2.Currency_CURRENCY_CNY
	eur = portonev2.Currency_CURRENCY_EUR
	hkd = portonev2.Currency_CURRENCY_HKD
	idr = portonev2.Currency_CURRENCY_IDR
	jpy = portonev2.Currency_CURRENCY_JPY
	krw = portonev2.Currency_CURRENCY_KRW
	myr = portonev2.Currency_CURRENCY_MYR
	php = portonev2.Currency_CURRENCY_PHP
	sgd = portonev2.Currency_CURRENCY_SGD
	thb = portonev2.Currency_CURRENCY_THB
	usd = portonev2.Currency_CURRENCY_USD
)

// in lists the countries of a rule.
func in(countries ...portonev2.Country) []portonev2.Country { return countries }

// by lists the currencies of a rule.
func by(currencies ...portonev2.Currency) []portonev2.Currency { return currencies }

// offers are the rules of every checkout profile. The limits are made up, in the
// range of real ones.
var offers = []offer{
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_CARD_KR, "channel-key-sandbox", in(korea), by(krw), 100, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_N_PAY, "channel-key-sandbox-naverpay", in(korea), by(krw), 100, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_KAKAO_PAY, "channel-key-sandbox-kakaopay", in(korea), by(krw), 100, 2_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_TOSS_PAY, "channel-key-sandbox-tosspay", in(korea), by(krw), 200, 2_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_CARD_INTERNATIONAL, "channel-key-sandbox-eximbay", nil, by(krw, usd, eur, jpy), 50, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_PAY_PAL, "channel-key-sandbox-paypal", nil, by(usd, eur, jpy), 1, 1_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_UNION_PAY, "channel-key-sandbox-eximbay", in(china, hongKong), by(usd, cny), 100, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_ALIPAY_CN, "channel-key-sandbox-eximbay", in(china), by(usd, cny), 1, 5_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_WE_CHAT_PAY, "channel-key-sandbox-eximbay", in(china), by(usd, cny), 1, 5_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_ALIPAY_HK, "channel-key-sandbox-eximbay", in(hongKong), by(usd, hkd), 1, 5_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_PAY_PAY, "channel-key-sandbox-inicis-jp", in(japan), by(jpy), 1, 500_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_CONVENIENCE_STORE_JP, "channel-key-sandbox-inicis-jp", in(japan), by(jpy), 200, 299_999},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_TRUE_MONEY, "channel-key-sandbox-eximbay", in(thailand), by(thb, usd), 100, 3_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_RABBIT_LINE_PAY, "channel-key-sandbox-eximbay", in(thailand), by(thb), 100, 3_000_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_DANA, "channel-key-sandbox-eximbay", in(indonesia), by(idr, usd), 100, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_TOUCH_N_GO, "channel-key-sandbox-eximbay", in(malaysia), by(myr, usd), 100, 500_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_GRAB_PAY_MY, "channel-key-sandbox-eximbay", in(malaysia), by(myr), 100, 150_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_GRAB_PAY_SG, "channel-key-sandbox-eximbay", in(singapore), by(sgd), 100, 500_000},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_G_CASH, "channel-key-sandbox-eximbay", in(philippines), by(php, usd), 100, 0},
	{portonev2.CheckoutPaymentMethod_CHECKOUT_PAYMENT_METHOD_KLARNA, "channel-key-sandbox-eximbay", in(germany), by(eur), 100, 1_000_000},
}
