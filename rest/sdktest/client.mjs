// Uses PortOne's SDK for JavaScript against the URL of argv, where the clock
// shows the time of argv, and prints the name of each case that passes.
import assert from "node:assert/strict";
import { IdentityVerification, Payment, Platform, PortOneClient, RestError } from "@portone/server-sdk";

const [baseUrl, now] = process.argv.slice(2);
const secret = process.env.SDK_SECRET ?? "a-secret-of-the-sdk"; // a gateway with a policy wants a key of its own in its place
const client = PortOneClient({ secret, baseUrl });
const { payment, identityVerification, platform } = client;

const channelKey = "channel-key-sandbox";
const card = (number = "4242424242424242") => ({ card: { credential: { number, expiryYear: "99", expiryMonth: "12" } } });
const customer = { id: "고객-1", name: { full: "김데모 🙂" }, email: "demo@sandbox.example", phoneNumber: "01012345678" };

/** An hour as the SDK wants to have it, after the hours given. */
const after = (hours) => new Date(Date.parse(now) + hours * 3600_000).toISOString();

/** The instant of a date that must be a text, in milliseconds. */
const instant = (date) => {
  assert.equal(typeof date, "string");
  return Date.parse(date);
};
const isNow = (date) => assert.equal(instant(date), Date.parse(now));

const pay = (paymentId, more = {}) =>
  payment.payInstantly({ paymentId, channelKey, orderName: "커피 원두", method: card(), customer, amount: { total: 1000 }, currency: "KRW", ...more });

/** Checks that a call fails with an error of a class that has this data. */
const fails = async (call, errorClass, data) => {
  const error = await call.then((answer) => assert.fail(`an answer instead of an error: ${JSON.stringify(answer)}`), (e) => e);
  assert.ok(error instanceof errorClass, `${errorClass.name} wanted: ${error.stack}`);
  assert.ok(error instanceof RestError);
  for (const [name, value] of Object.entries(data)) assert.deepEqual(error.data[name], value, `${name} of ${JSON.stringify(error.data)}`);
  return error;
};

const cases = {
  "pay by card": async () => {
    const answer = await pay("card-1", {
      customData: '{"메모":"<&> \\"따옴표\\" ☕"}',
      amount: { total: 11000, taxFree: 0 },
      products: [{ id: "mug", name: "머그잔", amount: 5500, quantity: 2 }],
    });
    isNow(answer.payment.paidAt);
    assert.equal(typeof answer.payment.pgTxId, "string");
  },

  "get a payment": async () => {
    const got = await payment.getPayment({ paymentId: "card-1" });
    assert.ok(!Payment.isUnrecognizedPayment(got));
    assert.equal(got.status, "PAID");
    assert.equal(got.id, "card-1");
    assert.equal(got.method.type, "PaymentMethodCard");
    assert.equal(got.method.card.brand, "VISA");
    assert.equal(got.channel.type, "TEST");
    assert.equal(got.channel.pgProvider, "TOSSPAYMENTS");
    assert.equal(got.version, "V2");
    assert.equal(got.currency, "KRW");
    assert.deepEqual(got.amount, { total: 11000, taxFree: 0, vat: 1000, supply: 10000, discount: 0, paid: 11000, cancelled: 0, cancelledTaxFree: 0 });
    assert.equal(got.orderName, "커피 원두");
    assert.equal(got.customer.id, "고객-1");
    assert.equal(got.customer.name, "김데모 🙂");
    assert.equal(got.customData, '{"메모":"<&> \\"따옴표\\" ☕"}');
    assert.deepEqual(got.products, [{ id: "mug", name: "머그잔", amount: 5500, quantity: 2 }]);
    isNow(got.paidAt);
    isNow(got.requestedAt);
  },

  "list payments": async () => {
    await pay("card-2", { amount: { total: 2000 } });
    await pay("card-3", { amount: { total: 3000 }, method: card("5555555555554444") });
    const filter = { from: after(-1), until: after(1), status: ["PAID"], methods: ["CARD"], isTest: true, sortOrder: "ASC" };
    const first = await payment.getPayments({ page: { number: 0, size: 2 }, filter });
    assert.deepEqual(first.page, { number: 0, size: 2, totalCount: 3 });
    assert.deepEqual(first.items.map((p) => [p.id, p.status, p.amount.total]), [["card-1", "PAID", 11000], ["card-2", "PAID", 2000]]);
    const master = await payment.getPayments({ filter: { ...filter, cardBrand: "MASTER" } });
    assert.deepEqual(master.items.map((p) => p.id), ["card-3"]);
    const found = await payment.getPayments({ filter: { ...filter, textSearch: [{ field: "ORDER_NAME", value: "커피" }] } });
    assert.equal(found.page.totalCount, 3);
    const none = await payment.getPayments({ filter: { ...filter, status: ["FAILED"] } });
    assert.deepEqual(none.items, []);
    const everything = await payment.getPayments();
    assert.equal(everything.items.length, 3);

    const one = await payment.getAllPaymentsByCursor({ from: after(-1), until: after(1), size: 2 });
    assert.equal(one.items.length, 2);
    const rest = await payment.getAllPaymentsByCursor({ from: after(-1), until: after(1), size: 2, cursor: one.items[1].cursor });
    assert.deepEqual([...one.items, ...rest.items].map((i) => i.payment.id).sort(), ["card-1", "card-2", "card-3"]);
  },

  "cancel in part, then the rest": async () => {
    const part = await payment.cancelPayment({ paymentId: "card-1", amount: 4000, reason: "한 개 파손", requester: "CUSTOMER", currentCancellableAmount: 11000 });
    assert.equal(part.cancellation.status, "SUCCEEDED");
    assert.equal(part.cancellation.totalAmount, 4000);
    assert.equal(part.cancellation.reason, "한 개 파손");
    isNow(part.cancellation.cancelledAt);
    const partly = await payment.getPayment({ paymentId: "card-1" });
    assert.equal(partly.status, "PARTIAL_CANCELLED");
    assert.equal(partly.amount.cancelled, 4000);
    assert.deepEqual(partly.cancellations.map((c) => [c.status, c.id, c.totalAmount]), [["SUCCEEDED", part.cancellation.id, 4000]]);

    await fails(payment.cancelPayment({ paymentId: "card-1", amount: 8000, reason: "너무 많이" }), Payment.CancelPaymentError,
      { type: "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT" });

    const rest = await payment.cancelPayment({ paymentId: "card-1", reason: "고객 변심" });
    assert.equal(rest.cancellation.totalAmount, 7000);
    const whole = await payment.getPayment({ paymentId: "card-1" });
    assert.equal(whole.status, "CANCELLED");
    assert.equal(whole.amount.paid, 11000);
    assert.equal(whole.amount.cancelled, 11000);
    isNow(whole.cancelledAt);
  },

  "pay with a billing key": async () => {
    const issued = await payment.billingKey.issueBillingKey({ channelKey, method: card(), customer });
    const { billingKey, channels } = issued.billingKeyInfo;
    isNow(issued.billingKeyInfo.issuedAt);
    assert.deepEqual(channels.map((c) => c.pgProvider), ["TOSSPAYMENTS"]);
    const info = await payment.billingKey.getBillingKeyInfo({ billingKey });
    assert.equal(info.status, "ISSUED");
    assert.deepEqual(info.methods.map((m) => [m.type, m.card.brand]), [["BillingKeyPaymentMethodCard", "VISA"]]);
    const answer = await payment.payWithBillingKey({ paymentId: "key-1", billingKey, orderName: "월 구독료", customer, amount: { total: 9900 }, currency: "KRW" });
    isNow(answer.payment.paidAt);
    const got = await payment.getPayment({ paymentId: "key-1" });
    assert.equal(got.status, "PAID");
    assert.equal(got.billingKey, billingKey);

    const deleted = await payment.billingKey.deleteBillingKey({ billingKey, reason: "해지", requester: "CUSTOMER" });
    isNow(deleted.deletedAt);
    await fails(payment.payWithBillingKey({ paymentId: "key-2", billingKey, orderName: "월 구독료", amount: { total: 9900 }, currency: "KRW" }),
      Payment.PayWithBillingKeyError, { type: "BILLING_KEY_ALREADY_DELETED" });
  },

  "schedule payments and revoke them": async () => {
    const { billingKeyInfo: { billingKey } } = await payment.billingKey.issueBillingKey({ channelKey, method: card(), customer });
    const ids = [];
    for (const [paymentId, hours] of [["schedule-1", 24], ["schedule-2", 48], ["schedule-3", 72]]) {
      const { schedule } = await payment.paymentSchedule.createPaymentSchedule({
        paymentId, timeToPay: after(hours), payment: { billingKey, orderName: "월 구독료", customer, amount: { total: 9900 }, currency: "KRW" },
      });
      assert.equal(typeof schedule.id, "string");
      ids.push(schedule.id);
    }
    const one = await payment.paymentSchedule.getPaymentSchedule({ paymentScheduleId: ids[0] });
    assert.equal(one.status, "SCHEDULED");
    assert.equal(one.paymentId, "schedule-1");
    assert.equal(one.totalAmount, 9900);
    assert.equal(instant(one.timeToPay), Date.parse(after(24)));
    assert.equal(one.isEscrow, false);

    const listed = await payment.paymentSchedule.getPaymentSchedules({
      page: { number: 0, size: 10 }, sort: { by: "TIME_TO_PAY", order: "ASC" }, filter: { billingKey, from: after(0), until: after(60), status: ["SCHEDULED"] },
    });
    assert.deepEqual(listed.items.map((s) => s.id), ids.slice(0, 2));
    assert.equal(listed.page.totalCount, 2);

    const some = await payment.paymentSchedule.revokePaymentSchedules({ scheduleIds: [ids[0]] });
    assert.deepEqual(some.revokedScheduleIds, [ids[0]]);
    isNow(some.revokedAt);
    const rest = await payment.paymentSchedule.revokePaymentSchedules({ billingKey });
    assert.deepEqual([...rest.revokedScheduleIds].sort(), ids.slice(1).sort());
    const revoked = await payment.paymentSchedule.getPaymentSchedule({ paymentScheduleId: ids[2] });
    assert.equal(revoked.status, "REVOKED");
    isNow(revoked.revokedAt);
  },

  "verify an identity": async () => {
    const identityVerificationId = "본인인증-1";
    await identityVerification.sendIdentityVerification({
      identityVerificationId, channelKey, operator: "KT", method: "SMS",
      customer: { name: "홍길동", phoneNumber: "01012345678", identityNumber: "9001311", ipAddress: "127.0.0.1" },
    });
    const ready = await identityVerification.getIdentityVerification({ identityVerificationId });
    assert.equal(ready.status, "READY");
    assert.equal(ready.requestedCustomer.name, "홍길동");
    await fails(identityVerification.confirmIdentityVerification({ identityVerificationId, otp: "999999" }), IdentityVerification.ConfirmIdentityVerificationError,
      { type: "PG_PROVIDER" });
    const confirmed = await identityVerification.confirmIdentityVerification({ identityVerificationId, otp: "000000" });
    assert.equal(confirmed.identityVerification.status, "VERIFIED");
    const got = await identityVerification.getIdentityVerification({ identityVerificationId });
    assert.ok(!IdentityVerification.isUnrecognizedIdentityVerification(got));
    assert.equal(got.status, "VERIFIED");
    assert.equal(got.verifiedCustomer.name, "홍길동");
    assert.equal(got.verifiedCustomer.birthDate, "1990-01-31");
    assert.equal(got.verifiedCustomer.gender, "MALE");
    assert.equal(got.verifiedCustomer.operator, "KT");
    assert.equal(got.verifiedCustomer.isForeigner, false);
    isNow(got.verifiedAt);
    await fails(identityVerification.getIdentityVerification({ identityVerificationId: "nobody's" }), IdentityVerification.GetIdentityVerificationError,
      { type: "IDENTITY_VERIFICATION_NOT_FOUND" });
  },

  "partners of a platform, and their contract": async () => {
    const { contract } = await platform.policy.createPlatformContract({
      test: true, id: "contract-1", name: "기본 계약", platformFee: { fixedRate: 10000 }, platformFeeVatPayer: "PARTNER", subtractPaymentVatAmount: false,
      settlementCycle: { lagDays: 3, datePolicy: "HOLIDAY_BEFORE", method: { daily: {} } },
    });
    assert.deepEqual(contract.platformFee, { type: "FIXED_RATE", rate: 10000 });
    assert.equal(contract.settlementCycle.method.type, "DAILY");
    assert.equal(contract.isForTest, true);
    const make = (id, name, type, tags) => platform.partner.createPlatformPartner({
      test: true, id, name, type, tags, defaultContractId: "contract-1",
      contact: { name: "김데모", email: "partner@sandbox.example" },
      account: { bank: "KOOKMIN", currency: "KRW", number: "12345678901234", holder: "김데모" },
    });
    const { partner } = await make("파트너/1", "데모 커피",
      { business: { companyName: "데모 커피", businessRegistrationNumber: "1234567891", representativeName: "김데모", taxationType: "NORMAL" } }, ["카페"]);
    assert.equal(partner.id, "파트너/1");
    await make("partner-2", "이데모", { whtPayer: { birthdate: "1990-01-31" } }, []);

    const got = await platform.partner.getPlatformPartner({ id: "파트너/1", test: true });
    assert.equal(got.type.type, "BUSINESS");
    assert.equal(got.type.companyName, "데모 커피");
    assert.deepEqual(got.tags, ["카페"]);
    assert.equal(got.account.bank, "KOOKMIN");
    assert.equal(got.isArchived, false);
    isNow(got.appliedAt);
    const cafes = await platform.partner.getPlatformPartners({ test: true, filter: { tags: ["카페"] } });
    assert.deepEqual(cafes.items.map((p) => p.id), ["파트너/1"]);
    const all = await platform.partner.getPlatformPartners({ test: true, page: { number: 0, size: 10 } });
    assert.deepEqual(all.items.map((p) => [p.id, p.type.type]).sort(), [["partner-2", "WHT_PAYER"], ["파트너/1", "BUSINESS"]]);

    const updated = await platform.partner.updatePlatformPartner({ test: true, id: "파트너/1", memo: "메모", tags: [] });
    assert.deepEqual(updated.partner.tags, []);
    assert.equal(updated.partner.memo, "메모");
    await fails(platform.partner.getPlatformPartner({ id: "파트너/1" }), Platform.Partner.GetPlatformPartnerError, { type: "PLATFORM_PARTNER_NOT_FOUND" });
  },

  "transfers, and a file of them": async () => {
    const { transfer } = await platform.transfer.createPlatformManualTransfer({ test: true, partnerId: "파트너/1", settlementAmount: 50000, settlementDate: "2026-03-05", memo: "수기" });
    assert.equal(transfer.settlementAmount, 50000);
    assert.equal(transfer.settlementDate, "2026-03-05");
    const got = await platform.transfer.getPlatformTransfer({ id: transfer.id, test: true });
    assert.equal(got.type, "MANUAL");
    assert.equal(got.partner.name, "데모 커피");
    const listed = await platform.transfer.getPlatformTransferSummaries({ test: true, filter: { types: ["MANUAL"], keyword: { partnerId: "파트너/1" } } });
    assert.deepEqual(listed.transferSummaries.map((t) => [t.type, t.settlementAmount]), [["MANUAL", 50000]]);
    const file = await platform.transfer.downloadPlatformTransferSheet({ test: true, filter: {}, fields: ["PARTNER_ID", "TRANSFER_SETTLEMENT_AMOUNT"] });
    assert.equal(file, "파트너 아이디,정산 금액\n파트너/1,50000\n");
    assert.match(await platform.transfer.downloadPlatformTransferSheet({ test: true }), /,수기,/);
  },

  "ids with everything in them": async () => {
    for (const paymentId of ["주문/1", "a b+c%20d", "☕🚀", "?a=b&c=d#e;f", '"quoted" \\ 한글', "100%", "../payments", "%2F"]) {
      await pay(paymentId);
      const got = await payment.getPayment({ paymentId });
      assert.equal(got.id, paymentId);
      const { cancellation } = await payment.cancelPayment({ paymentId, reason: "시험" });
      assert.equal(cancellation.status, "SUCCEEDED", paymentId);
      const found = await payment.getPayments({ filter: { textSearch: [{ field: "PAYMENT_ID", value: paymentId }] } });
      assert.ok(found.items.some((p) => p.id === paymentId), paymentId);
    }
  },

  "an amount as large as the language has it": async () => {
    await pay("large", { amount: { total: Number.MAX_SAFE_INTEGER } });
    const got = await payment.getPayment({ paymentId: "large" });
    assert.equal(got.amount.total, Number.MAX_SAFE_INTEGER);
  },

  "another store": async () => {
    const other = PortOneClient({ secret, baseUrl, storeId: "store-하위" }).payment;
    await other.payInstantly({ paymentId: "other-1", channelKey, orderName: "하위 상점", method: card(), amount: { total: 500 }, currency: "KRW" });
    // The SDK puts the client's store into bodies, but not into the query of a GET.
    const got = await other.getPayment({ paymentId: "other-1", storeId: "store-하위" });
    assert.equal(got.storeId, "store-하위");
    const { cancellation } = await other.cancelPayment({ paymentId: "other-1", amount: 100, reason: "일부" });
    assert.equal(cancellation.totalAmount, 100);
    await fails(payment.getPayment({ paymentId: "other-1" }), Payment.GetPaymentError, { type: "PAYMENT_NOT_FOUND" });
  },

  "typed errors": async () => {
    const missing = await fails(payment.getPayment({ paymentId: "없는 결제" }), Payment.GetPaymentError, { type: "PAYMENT_NOT_FOUND" });
    assert.equal(typeof missing.message, "string");
    assert.equal(missing.message, missing.data.message);
    await fails(pay("card-2"), Payment.PayInstantlyError, { type: "ALREADY_PAID" });
    await fails(payment.cancelPayment({ paymentId: "card-1", reason: "다시" }), Payment.CancelPaymentError, { type: "PAYMENT_ALREADY_CANCELLED" });
    await fails(pay("declined", { method: card("4000000000006975") }), Payment.PayInstantlyError,
      { type: "PG_PROVIDER", pgCode: "REJECT_CARD_PAYMENT", pgMessage: "한도초과 혹은 잔액부족으로 결제에 실패했습니다." });
    assert.equal((await payment.getPayment({ paymentId: "declined" })).status, "FAILED");
    await fails(pay("no-channel", { channelKey: "channel-key-sandbox-missing" }), Payment.PayInstantlyError, { type: "CHANNEL_NOT_FOUND" });
    await fails(pay("no-amount", { amount: {} }), Payment.PayInstantlyError, { type: "INVALID_REQUEST" });
    await fails(payment.paymentSchedule.getPaymentSchedule({ paymentScheduleId: "none" }), Payment.PaymentSchedule.GetPaymentScheduleError,
      { type: "PAYMENT_SCHEDULE_NOT_FOUND" });
  },

  "an error type that the SDK does not know": async () => {
    await fails(pay("sandbox:error=BRAND_NEW;status=400"), Payment.PayInstantlyError, { type: "BRAND_NEW" });
    await fails(payment.getPayment({ paymentId: "sandbox:error=BRAND_NEW;status=409" }), Payment.GetPaymentError, { type: "BRAND_NEW" });
  },
};

for (const [name, run] of Object.entries(cases)) {
  try {
    await run();
  } catch (error) {
    console.error(`${name}:`, error);
    process.exit(1);
  }
  console.log(name);
}
