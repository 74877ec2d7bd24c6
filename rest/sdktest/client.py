"""Uses PortOne's SDK for Python against the URL of argv, where the clock shows the
time of argv, and prints the name of each case that passes."""
import os
import sys
from datetime import datetime, timedelta

from portone_server_sdk import PortOneClient, common, errors, identity_verification, payment, platform
from portone_server_sdk.payment import billing_key, payment_schedule
from portone_server_sdk.platform import partner, transfer

URL, now = sys.argv[1:]
NOW = datetime.fromisoformat(now)
SECRET = os.environ.get("SDK_SECRET", "a-secret-of-the-sdk")  # a gateway with a policy wants a key of its own in its place
CHANNEL = "channel-key-sandbox"
client = PortOneClient(secret=SECRET, base_url=URL)
CUSTOMER = common.CustomerInput(
    id="고객-1", name=common.CustomerNameInput(full="김데모 🙂"), email="demo@sandbox.example", phone_number="01012345678"
)
MEMO = '{"메모":"<&> \\"따옴표\\" ☕"}'


def equal(got, want):
    # True is 1 in Python, and 1.0 is 1: what PortOne sends as one is no other.
    assert type(got) is type(want) and got == want, f"{got!r} instead of {want!r}"


def is_a(value, kind):
    assert isinstance(value, kind), f"{value!r} is no {kind.__name__}"
    return value


def is_now(date):
    equal(datetime.fromisoformat(is_a(date, str)), NOW)


def after(hours):
    return (NOW + timedelta(hours=hours)).isoformat()


def fails(error, call, **arguments):
    """Checks that a call raises an error, no less special, and returns it."""
    try:
        answer = call(**arguments)
    except Exception as raised:
        assert type(raised) is error, f"{raised!r} instead of {error.__name__}"
        return raised
    raise AssertionError(f"{answer!r} instead of {error.__name__}")


def credential(number):
    return common.CardCredential(number=number, expiry_year="99", expiry_month="12")


def pay(payment_id, total=1000, card="4242424242424242", client=client, **more):
    arguments = {"channel_key": CHANNEL, "customer": CUSTOMER, "amount": common.PaymentAmountInput(total=total)} | more
    return client.payment.pay_instantly(
        payment_id=payment_id,
        order_name="커피 원두",
        method=payment.InstantPaymentMethodInput(card=payment.InstantPaymentMethodInputCard(credential=credential(card))),
        currency="KRW",
        **arguments,
    )


def issue():
    method = billing_key.InstantBillingKeyPaymentMethodInput(
        card=billing_key.InstantBillingKeyPaymentMethodInputCard(credential=credential("4242424242424242"))
    )
    return client.payment.billing_key.issue_billing_key(channel_key=CHANNEL, method=method, customer=CUSTOMER).billing_key_info


def pay_by_card():
    answer = pay(
        "card-1",
        custom_data=MEMO,
        amount=common.PaymentAmountInput(total=11000, tax_free=0),
        products=[common.PaymentProduct(id="mug", name="머그잔", amount=5500, quantity=2)],
    )
    is_now(answer.payment.paid_at)
    is_a(answer.payment.pg_tx_id, str)


def get_a_payment():
    got = is_a(client.payment.get_payment(payment_id="card-1"), payment.PaidPayment)
    equal(got.id, "card-1")
    equal(is_a(got.method, payment.PaymentMethodCard).card.brand, "VISA")
    equal(got.channel.type, "TEST")
    equal(got.channel.pg_provider, "TOSSPAYMENTS")
    equal(got.version, "V2")
    equal(got.currency, "KRW")
    equal(
        got.amount,
        payment.PaymentAmount(total=11000, tax_free=0, vat=1000, supply=10000, discount=0, paid=11000, cancelled=0, cancelled_tax_free=0),
    )
    equal(got.order_name, "커피 원두")
    equal(got.customer.id, "고객-1")
    equal(got.customer.name, "김데모 🙂")
    equal(got.custom_data, MEMO)
    equal(got.products, [common.PaymentProduct(id="mug", name="머그잔", amount=5500, quantity=2)])
    is_now(got.paid_at)
    is_now(got.requested_at)


def list_payments():
    pay("card-2", 2000)
    pay("card-3", 3000, card="5555555555554444")

    def listed(page=None, **more):
        wanted = {"from_": after(-1), "until": after(1), "status": ["PAID"], "methods": ["CARD"], "is_test": True, "sort_order": "ASC"}
        return client.payment.get_payments(page=page, filter=payment.PaymentFilterInput(**wanted | more))

    first = listed(common.PageInput(number=0, size=2))
    equal(first.page, common.PageInfo(number=0, size=2, total_count=3))
    equal([(p.id, p.amount.total) for p in first.items], [("card-1", 11000), ("card-2", 2000)])
    assert all(type(p) is payment.PaidPayment for p in first.items)
    equal([p.id for p in listed(card_brand="MASTER").items], ["card-3"])
    equal(listed(text_search=[payment.PaymentTextSearch(field="ORDER_NAME", value="커피")]).page.total_count, 3)
    equal(listed(status=["FAILED"]).items, [])
    equal(len(client.payment.get_payments().items), 3)

    by_cursor = client.payment.get_all_payments_by_cursor
    one = by_cursor(from_=after(-1), until=after(1), size=2)
    rest = by_cursor(from_=after(-1), until=after(1), size=2, cursor=one.items[1].cursor)
    equal(len(one.items), 2)
    equal(sorted(i.payment.id for i in one.items + rest.items), ["card-1", "card-2", "card-3"])


def cancel():
    part = client.payment.cancel_payment(
        payment_id="card-1", amount=4000, reason="한 개 파손", requester="CUSTOMER", current_cancellable_amount=11000
    ).cancellation
    is_a(part, payment.SucceededPaymentCancellation)
    equal(part.total_amount, 4000)
    equal(part.reason, "한 개 파손")
    is_now(part.cancelled_at)
    partly = is_a(client.payment.get_payment(payment_id="card-1"), payment.PartialCancelledPayment)
    equal(partly.amount.cancelled, 4000)
    equal([(type(c), c.id, c.total_amount) for c in partly.cancellations], [(payment.SucceededPaymentCancellation, part.id, 4000)])

    fails(
        errors.CancelAmountExceedsCancellableAmountError,
        client.payment.cancel_payment,
        payment_id="card-1",
        amount=8000,
        reason="너무 많이",
    )

    rest = client.payment.cancel_payment(payment_id="card-1", reason="고객 변심").cancellation
    equal(is_a(rest, payment.SucceededPaymentCancellation).total_amount, 7000)
    whole = is_a(client.payment.get_payment(payment_id="card-1"), payment.CancelledPayment)
    equal(whole.amount.paid, 11000)
    equal(whole.amount.cancelled, 11000)
    is_now(whole.cancelled_at)


def pay_with_a_billing_key():
    issued = issue()
    is_now(issued.issued_at)
    equal([c.pg_provider for c in issued.channels], ["TOSSPAYMENTS"])
    keys = client.payment.billing_key
    info = is_a(keys.get_billing_key_info(billing_key=issued.billing_key), billing_key.IssuedBillingKeyInfo)
    equal([is_a(m, billing_key.BillingKeyPaymentMethodCard).card.brand for m in info.methods], ["VISA"])
    bill = {
        "billing_key": issued.billing_key,
        "order_name": "월 구독료",
        "customer": CUSTOMER,
        "amount": common.PaymentAmountInput(total=9900),
        "currency": "KRW",
    }
    is_now(client.payment.pay_with_billing_key(payment_id="key-1", **bill).payment.paid_at)
    got = is_a(client.payment.get_payment(payment_id="key-1"), payment.PaidPayment)
    equal(got.billing_key, issued.billing_key)

    is_now(keys.delete_billing_key(billing_key=issued.billing_key, reason="해지", requester="CUSTOMER").deleted_at)
    fails(errors.BillingKeyAlreadyDeletedError, client.payment.pay_with_billing_key, payment_id="key-2", **bill)


def schedule():
    schedules, key, ids = client.payment.payment_schedule, issue().billing_key, []
    for payment_id, hours in [("schedule-1", 24), ("schedule-2", 48), ("schedule-3", 72)]:
        bill = payment_schedule.BillingKeyPaymentScheduleInput(
            billing_key=key, order_name="월 구독료", customer=CUSTOMER, amount=common.PaymentAmountInput(total=9900), currency="KRW"
        )
        created = schedules.create_payment_schedule(payment_id=payment_id, payment=bill, time_to_pay=after(hours))
        ids.append(is_a(created.schedule.id, str))
    one = is_a(schedules.get_payment_schedule(payment_schedule_id=ids[0]), payment_schedule.ScheduledPaymentSchedule)
    equal(one.payment_id, "schedule-1")
    equal(one.total_amount, 9900)
    equal(datetime.fromisoformat(one.time_to_pay), NOW + timedelta(hours=24))
    equal(one.is_escrow, False)

    listed = schedules.get_payment_schedules(
        page=common.PageInput(number=0, size=10),
        sort=payment_schedule.PaymentScheduleSortInput(by="TIME_TO_PAY", order="ASC"),
        filter=payment_schedule.PaymentScheduleFilterInput(billing_key=key, from_=after(0), until=after(60), status=["SCHEDULED"]),
    )
    equal([s.id for s in listed.items], ids[:2])
    equal(listed.page.total_count, 2)

    some = schedules.revoke_payment_schedules(schedule_ids=[ids[0]])
    equal(some.revoked_schedule_ids, [ids[0]])
    is_now(some.revoked_at)
    equal(sorted(schedules.revoke_payment_schedules(billing_key=key).revoked_schedule_ids), sorted(ids[1:]))
    is_now(is_a(schedules.get_payment_schedule(payment_schedule_id=ids[2]), payment_schedule.RevokedPaymentSchedule).revoked_at)


def verify_an_identity():
    verifications, id = client.identity_verification, "본인인증-1"
    person = identity_verification.SendIdentityVerificationBodyCustomer(
        name="홍길동", phone_number="01012345678", identity_number="9001311", ip_address="127.0.0.1"
    )
    verifications.send_identity_verification(identity_verification_id=id, channel_key=CHANNEL, customer=person, operator="KT", method="SMS")
    ready = is_a(verifications.get_identity_verification(identity_verification_id=id), identity_verification.ReadyIdentityVerification)
    equal(ready.requested_customer.name, "홍길동")
    fails(errors.PgProviderError, verifications.confirm_identity_verification, identity_verification_id=id, otp="999999")
    confirmed = verifications.confirm_identity_verification(identity_verification_id=id, otp="000000").identity_verification
    is_a(confirmed, identity_verification.VerifiedIdentityVerification)
    got = is_a(verifications.get_identity_verification(identity_verification_id=id), identity_verification.VerifiedIdentityVerification)
    equal(got.verified_customer.name, "홍길동")
    equal(got.verified_customer.birth_date, "1990-01-31")
    equal(got.verified_customer.gender, "MALE")
    equal(got.verified_customer.operator, "KT")
    equal(got.verified_customer.is_foreigner, False)
    is_now(got.verified_at)
    fails(errors.IdentityVerificationNotFoundError, verifications.get_identity_verification, identity_verification_id="nobody's")


def partners():
    contract = client.platform.policy.create_platform_contract(
        test=True,
        id="contract-1",
        name="기본 계약",
        platform_fee=platform.PlatformFeeInput(fixed_rate=10000),
        platform_fee_vat_payer="PARTNER",
        subtract_payment_vat_amount=False,
        settlement_cycle=platform.PlatformSettlementCycleInput(
            lag_days=3,
            date_policy="HOLIDAY_BEFORE",
            method=platform.PlatformSettlementCycleMethodInput(daily=platform.PlatformSettlementCycleMethodDailyInput()),
        ),
    ).contract
    equal(contract.platform_fee, platform.PlatformFixedRateFee(rate=10000))
    is_a(contract.settlement_cycle.method, platform.PlatformSettlementCycleMethodDaily)
    equal(contract.is_for_test, True)

    def make(id, name, type, tags):
        return client.platform.partner.create_platform_partner(
            test=True,
            id=id,
            name=name,
            type=type,
            tags=tags,
            default_contract_id="contract-1",
            contact=partner.CreatePlatformPartnerBodyContact(name="김데모", email="partner@sandbox.example"),
            account=partner.CreatePlatformPartnerBodyAccount(bank="KOOKMIN", currency="KRW", number="12345678901234", holder="김데모"),
        ).partner

    business = partner.CreatePlatformPartnerBodyTypeBusiness(
        company_name="데모 커피", business_registration_number="1234567891", representative_name="김데모", taxation_type="NORMAL"
    )
    equal(make("파트너/1", "데모 커피", partner.CreatePlatformPartnerBodyType(business=business), ["카페"]).id, "파트너/1")
    person = partner.CreatePlatformPartnerBodyTypeWhtPayer(birthdate="1990-01-31")
    make("partner-2", "이데모", partner.CreatePlatformPartnerBodyType(wht_payer=person), [])

    got = client.platform.partner.get_platform_partner(id="파트너/1", test=True)
    equal(is_a(got.type, platform.PlatformPartnerTypeBusiness).company_name, "데모 커피")
    equal(got.tags, ["카페"])
    equal(got.account.bank, "KOOKMIN")
    equal(got.is_archived, False)
    is_now(got.applied_at)
    cafes = client.platform.partner.get_platform_partners(test=True, filter=platform.PlatformPartnerFilterInput(tags=["카페"]))
    equal([p.id for p in cafes.items], ["파트너/1"])
    everyone = client.platform.partner.get_platform_partners(test=True, page=common.PageInput(number=0, size=10))
    equal(
        sorted((p.id, type(p.type).__name__) for p in everyone.items),
        [("partner-2", "PlatformPartnerTypeWhtPayer"), ("파트너/1", "PlatformPartnerTypeBusiness")],
    )

    updated = client.platform.partner.update_platform_partner(test=True, id="파트너/1", memo="메모", tags=[]).partner
    equal(updated.tags, [])
    equal(updated.memo, "메모")
    fails(errors.PlatformPartnerNotFoundError, client.platform.partner.get_platform_partner, id="파트너/1")


def transfers():
    made = client.platform.transfer.create_platform_manual_transfer(
        test=True, partner_id="파트너/1", settlement_amount=50000, settlement_date="2026-03-05", memo="수기"
    ).transfer
    equal(made.settlement_amount, 50000)
    equal(made.settlement_date, "2026-03-05")
    got = is_a(client.platform.transfer.get_platform_transfer(id=made.id, test=True), transfer.PlatformManualTransfer)
    equal(got.partner.name, "데모 커피")
    wanted = transfer.PlatformTransferFilterInput(types=["MANUAL"], keyword=transfer.PlatformTransferFilterInputKeyword(partner_id="파트너/1"))
    listed = client.platform.transfer.get_platform_transfer_summaries(test=True, filter=wanted).transfer_summaries
    equal([is_a(t, transfer.PlatformManualTransferSummary).settlement_amount for t in listed], [50000])
    file = client.platform.transfer.download_platform_transfer_sheet(
        test=True, filter=transfer.PlatformTransferFilterInput(), fields=["PARTNER_ID", "TRANSFER_SETTLEMENT_AMOUNT"]
    )
    equal(file.removeprefix("\ufeff"), "파트너 아이디,정산 금액\n파트너/1,50000\n")
    assert ",수기," in client.platform.transfer.download_platform_transfer_sheet(test=True)


def any_id():
    for id in ["주문/1", "a b+c%20d", "☕🚀", "?a=b&c=d#e;f", '"quoted" \\ 한글', "100%", "../payments", "%2F"]:
        pay(id)
        equal(client.payment.get_payment(payment_id=id).id, id)
        is_a(client.payment.cancel_payment(payment_id=id, reason="시험").cancellation, payment.SucceededPaymentCancellation)
        wanted = payment.PaymentFilterInput(text_search=[payment.PaymentTextSearch(field="PAYMENT_ID", value=id)])
        assert id in [p.id for p in client.payment.get_payments(filter=wanted).items], id


def large_amount():
    pay("large", 2**63 - 1)
    equal(client.payment.get_payment(payment_id="large").amount.total, 2**63 - 1)


def another_store():
    other = PortOneClient(secret=SECRET, base_url=URL, store_id="store-하위")
    pay("other-1", client=other)
    equal(other.payment.get_payment(payment_id="other-1").store_id, "store-하위")
    equal(other.payment.cancel_payment(payment_id="other-1", amount=100, reason="일부").cancellation.total_amount, 100)
    fails(errors.PaymentNotFoundError, client.payment.get_payment, payment_id="other-1")


def typed_errors():
    missing = fails(errors.PaymentNotFoundError, client.payment.get_payment, payment_id="없는 결제")
    is_a(missing, payment.GetPaymentError)
    is_a(missing.message, str)
    fails(errors.AlreadyPaidError, pay, payment_id="card-2")
    fails(errors.PaymentAlreadyCancelledError, client.payment.cancel_payment, payment_id="card-1", reason="다시")
    declined = fails(errors.PgProviderError, pay, payment_id="declined", card="4000000000006975")
    equal(declined.pg_code, "REJECT_CARD_PAYMENT")
    equal(declined.pg_message, "한도초과 혹은 잔액부족으로 결제에 실패했습니다.")
    is_a(client.payment.get_payment(payment_id="declined"), payment.FailedPayment)
    fails(errors.ChannelNotFoundError, pay, payment_id="no-channel", channel_key="channel-key-sandbox-missing")
    fails(errors.InvalidRequestError, pay, payment_id="no-amount", amount={})
    fails(errors.PaymentScheduleNotFoundError, client.payment.payment_schedule.get_payment_schedule, payment_schedule_id="none")


def unknown_errors():
    unknown = fails(errors.UnknownError, pay, payment_id="sandbox:error=BRAND_NEW;status=400")
    equal(unknown.error["type"], "BRAND_NEW")
    unknown = fails(errors.UnknownError, client.payment.get_payment, payment_id="sandbox:error=BRAND_NEW;status=409")
    equal(unknown.error["type"], "BRAND_NEW")


CASES = {
    "pay by card": pay_by_card,
    "get a payment": get_a_payment,
    "list payments": list_payments,
    "cancel in part, then the rest": cancel,
    "pay with a billing key": pay_with_a_billing_key,
    "schedule payments and revoke them": schedule,
    "verify an identity": verify_an_identity,
    "partners of a platform, and their contract": partners,
    "transfers, and a file of them": transfers,
    "ids with everything in them": any_id,
    "an amount as large as the language has it": large_amount,
    "another store": another_store,
    "typed errors": typed_errors,
    "an error type that the SDK does not know": unknown_errors,
}

for name, run in CASES.items():
    run()
    print(name, flush=True)
