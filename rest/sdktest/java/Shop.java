import static java.util.stream.Collectors.toList;

import io.portone.sdk.server.PortOneClient;
import io.portone.sdk.server.common.CardBrand;
import io.portone.sdk.server.common.Currency;
import io.portone.sdk.server.common.PageInfo;
import io.portone.sdk.server.common.PageInput;
import io.portone.sdk.server.common.PaymentAmountInput;
import io.portone.sdk.server.common.PaymentProduct;
import io.portone.sdk.server.common.PgProvider;
import io.portone.sdk.server.common.PortOneVersion;
import io.portone.sdk.server.common.SelectedChannelType;
import io.portone.sdk.server.common.SortOrder;
import io.portone.sdk.server.errors.BillingKeyAlreadyDeletedException;
import io.portone.sdk.server.errors.CancelAmountExceedsCancellableAmountException;
import io.portone.sdk.server.errors.PaymentNotFoundException;
import io.portone.sdk.server.payment.CancelRequester;
import io.portone.sdk.server.payment.CancelledPayment;
import io.portone.sdk.server.payment.GetPaymentsResponse;
import io.portone.sdk.server.payment.PaidPayment;
import io.portone.sdk.server.payment.PartialCancelledPayment;
import io.portone.sdk.server.payment.PayInstantlyResponse;
import io.portone.sdk.server.payment.PayWithBillingKeyResponse;
import io.portone.sdk.server.payment.Payment;
import io.portone.sdk.server.payment.PaymentAmount;
import io.portone.sdk.server.payment.PaymentCancellation;
import io.portone.sdk.server.payment.PaymentClient;
import io.portone.sdk.server.payment.PaymentFilterInput;
import io.portone.sdk.server.payment.PaymentMethodCard;
import io.portone.sdk.server.payment.PaymentStatus;
import io.portone.sdk.server.payment.PaymentTextSearch;
import io.portone.sdk.server.payment.PaymentTextSearchField;
import io.portone.sdk.server.payment.PaymentWithCursor;
import io.portone.sdk.server.payment.SucceededPaymentCancellation;
import io.portone.sdk.server.payment.billingkey.BillingKeyClient;
import io.portone.sdk.server.payment.billingkey.BillingKeyInfoSummary;
import io.portone.sdk.server.payment.billingkey.BillingKeyPaymentMethodCard;
import io.portone.sdk.server.payment.billingkey.IssuedBillingKeyInfo;
import io.portone.sdk.server.payment.paymentschedule.PaymentSchedule;
import io.portone.sdk.server.payment.paymentschedule.PaymentScheduleClient;
import io.portone.sdk.server.payment.paymentschedule.PaymentScheduleFilterInput;
import io.portone.sdk.server.payment.paymentschedule.PaymentScheduleSortBy;
import io.portone.sdk.server.payment.paymentschedule.PaymentScheduleSortInput;
import io.portone.sdk.server.payment.paymentschedule.PaymentScheduleStatus;
import io.portone.sdk.server.payment.paymentschedule.RevokePaymentSchedulesResponse;
import io.portone.sdk.server.payment.paymentschedule.RevokedPaymentSchedule;
import io.portone.sdk.server.payment.paymentschedule.ScheduledPaymentSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Payments, billing keys and schedules. */
final class Shop {
  static final String CHANNEL = "channel-key-sandbox";
  private static final String MEMO = "{\"메모\":\"<&> \\\"따옴표\\\" ☕\"}";

  private final PaymentClient payments;
  private final BillingKeyClient keys;
  private final PaymentScheduleClient schedules;
  private final String url;
  private final Check check;

  Shop(PortOneClient client, String url, Check check) {
    payments = client.getPayment();
    keys = payments.getBillingKey();
    schedules = payments.getPaymentSchedule();
    this.url = url;
    this.check = check;
  }

  static CompletableFuture<PayInstantlyResponse> pay(PaymentClient payments, String id, String card, String channel, PaymentAmountInput amount) {
    return payments.payInstantly(
        id, channel, null, Build.card(card), "커피 원두", null, null, Build.customer(), MEMO, amount, Build.won(),
        null, null, List.of(mug()), null, null, null, null, null, null);
  }

  private static PaymentProduct mug() {
    return new PaymentProduct("mug", "머그잔", null, null, 5500, 2, null);
  }

  private void pay(String id, long total) throws Exception {
    pay(payments, id, Build.GOOD_CARD, CHANNEL, Build.amount(total)).get();
  }

  private <T extends Payment> T get(Class<T> type, String id) throws Exception {
    return Check.isA(type, payments.getPayment(id).get());
  }

  private static CompletableFuture<PaymentCancellation> cancel(PaymentClient payments, String id, Long amount, String reason, Long left) {
    return payments
        .cancelPayment(id, amount, null, null, reason, CancelRequester.Customer.INSTANCE, null, left, null, null, null)
        .thenApply(answer -> answer.getCancellation());
  }

  private SucceededPaymentCancellation cancel(String id, Long amount, String reason, Long left) throws Exception {
    return Check.isA(SucceededPaymentCancellation.class, cancel(payments, id, amount, reason, left).get());
  }

  private BillingKeyInfoSummary issue() throws Exception {
    return keys.issueBillingKey(Build.billingCard(), CHANNEL, null, Build.customer(), null, null, null, null).get().getBillingKeyInfo();
  }

  void payByCard() throws Exception {
    PayInstantlyResponse answer = pay(payments, "card-1", Build.GOOD_CARD, CHANNEL, new PaymentAmountInput(11000, 0L, null)).get();
    check.isNow(answer.getPayment().getPaidAt());
    Check.isA(String.class, answer.getPayment().getPgTxId());
  }

  void getAPayment() throws Exception {
    PaidPayment got = get(PaidPayment.class, "card-1");
    Check.equal(got.getId(), "card-1");
    Check.equal(Check.isA(PaymentMethodCard.class, got.getMethod()).getCard().getBrand(), CardBrand.Visa.INSTANCE);
    Check.equal(got.getChannel().getType(), SelectedChannelType.Test.INSTANCE);
    Check.equal(got.getChannel().getPgProvider(), PgProvider.Tosspayments.INSTANCE);
    Check.equal(got.getVersion(), PortOneVersion.V2.INSTANCE);
    Check.equal(got.getCurrency(), Currency.Krw.INSTANCE);
    Check.equal(got.getAmount(), new PaymentAmount(11000, 0, 1000L, 10000L, 0, 11000, 0, 0));
    Check.equal(got.getOrderName(), "커피 원두");
    Check.equal(got.getCustomer().getId(), "고객-1");
    Check.equal(got.getCustomer().getName(), "김데모 🙂");
    Check.equal(got.getCustomData(), MEMO);
    Check.equal(got.getProducts(), List.of(mug()));
    check.isNow(got.getPaidAt());
    check.isNow(got.getRequestedAt());
  }

  private GetPaymentsResponse list(PageInput page, PaymentStatus status, CardBrand brand, PaymentTextSearch search) throws Exception {
    PaymentFilterInput filter = Build.cardPayments(check.after(-1), check.after(1), status, brand, search);
    return payments.getPayments(page, filter).get();
  }

  private static List<String> ids(List<Payment> payments) {
    return payments.stream().map(p -> Check.isA(Payment.Recognized.class, p).getId()).collect(toList());
  }

  void listPayments() throws Exception {
    pay("card-2", 2000);
    pay(payments, "card-3", "5555555555554444", CHANNEL, Build.amount(3000)).get();
    PaymentStatus paid = PaymentStatus.Paid.INSTANCE;
    GetPaymentsResponse first = list(new PageInput(0, 2), paid, null, null);
    Check.equal(first.getPage(), new PageInfo(0, 2, 3));
    Check.equal(ids(first.getItems()), List.of("card-1", "card-2"));
    Check.equal(Check.isA(PaidPayment.class, first.getItems().get(1)).getAmount().getTotal(), 2000L);
    Check.equal(ids(list(null, paid, CardBrand.Master.INSTANCE, null).getItems()), List.of("card-3"));
    PaymentTextSearch coffee = new PaymentTextSearch(PaymentTextSearchField.OrderName.INSTANCE, "커피");
    Check.equal(list(null, paid, null, coffee).getPage().getTotalCount(), 3);
    Check.equal(list(null, PaymentStatus.Failed.INSTANCE, null, null).getItems(), List.of());
    Check.equal(payments.getPayments(null, null).get().getItems().size(), 3);

    List<PaymentWithCursor> all = new ArrayList<>(payments.getAllPaymentsByCursor(check.after(-1), check.after(1), null, 2).get().getItems());
    Check.equal(all.size(), 2);
    all.addAll(payments.getAllPaymentsByCursor(check.after(-1), check.after(1), all.get(1).getCursor(), 2).get().getItems());
    List<Payment> found = all.stream().map(PaymentWithCursor::getPayment).collect(toList());
    Check.equal(ids(found).stream().sorted().collect(toList()), List.of("card-1", "card-2", "card-3"));
  }

  void cancelInPartThenTheRest() throws Exception {
    SucceededPaymentCancellation part = cancel("card-1", 4000L, "한 개 파손", 11000L);
    Check.equal(part.getTotalAmount(), 4000L);
    Check.equal(part.getReason(), "한 개 파손");
    check.isNow(part.getCancelledAt());
    PartialCancelledPayment partly = get(PartialCancelledPayment.class, "card-1");
    Check.equal(partly.getAmount().getCancelled(), 4000L);
    Check.equal(partly.getCancellations(), List.of(part));

    Check.fails(CancelAmountExceedsCancellableAmountException.class, cancel(payments, "card-1", 8000L, "너무 많이", null));

    Check.equal(cancel("card-1", null, "고객 변심", null).getTotalAmount(), 7000L);
    CancelledPayment whole = get(CancelledPayment.class, "card-1");
    Check.equal(whole.getAmount().getPaid(), 11000L);
    Check.equal(whole.getAmount().getCancelled(), 11000L);
    check.isNow(whole.getCancelledAt());
  }

  private CompletableFuture<PayWithBillingKeyResponse> bill(String id, String billingKey) {
    return payments.payWithBillingKey(
        id, billingKey, null, "월 구독료", Build.customer(), null, Build.amount(9900), Build.won(),
        null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  void payWithABillingKey() throws Exception {
    BillingKeyInfoSummary issued = issue();
    String key = issued.getBillingKey();
    check.isNow(issued.getIssuedAt());
    Check.equal(issued.getChannels().get(0).getPgProvider(), PgProvider.Tosspayments.INSTANCE);
    IssuedBillingKeyInfo info = Check.isA(IssuedBillingKeyInfo.class, keys.getBillingKeyInfo(key).get());
    Check.equal(Check.isA(BillingKeyPaymentMethodCard.class, info.getMethods().get(0)).getCard().getBrand(), CardBrand.Visa.INSTANCE);
    check.isNow(bill("key-1", key).get().getPayment().getPaidAt());
    Check.equal(get(PaidPayment.class, "key-1").getBillingKey(), key);

    // No requester: the SDK writes an enum in a query as its class is called, which is no value of it.
    check.isNow(keys.deleteBillingKey(key, "해지", null, null).get().getDeletedAt());
    Check.fails(BillingKeyAlreadyDeletedException.class, bill("key-2", key));
  }

  void scheduleAndRevoke() throws Exception {
    String key = issue().getBillingKey();
    List<String> ids = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      ids.add(schedules.createPaymentSchedule("schedule-" + i, Build.scheduled(key, 9900), check.after(24 * i)).get().getSchedule().getId());
    }
    ScheduledPaymentSchedule one = Check.isA(ScheduledPaymentSchedule.class, schedules.getPaymentSchedule(ids.get(0)).get());
    Check.equal(one.getPaymentId(), "schedule-1");
    Check.equal(one.getTotalAmount(), 9900L);
    Check.equal(one.getTimeToPay(), check.after(24));
    Check.equal(one.isEscrow(), false);

    List<PaymentSchedule> listed = schedules.getPaymentSchedules(
        new PageInput(0, 10),
        new PaymentScheduleSortInput(PaymentScheduleSortBy.TimeToPay.INSTANCE, SortOrder.Asc.INSTANCE),
        new PaymentScheduleFilterInput(null, key, check.after(0), check.after(60), List.of(PaymentScheduleStatus.Scheduled.INSTANCE), null))
        .get().getItems();
    Check.equal(listed.stream().map(s -> ((ScheduledPaymentSchedule) s).getId()).collect(toList()), ids.subList(0, 2));

    RevokePaymentSchedulesResponse some = schedules.revokePaymentSchedules(null, ids.subList(0, 1)).get();
    Check.equal(some.getRevokedScheduleIds(), ids.subList(0, 1));
    check.isNow(some.getRevokedAt());
    List<String> rest = schedules.revokePaymentSchedules(key, null).get().getRevokedScheduleIds();
    Check.equal(rest.stream().sorted().collect(toList()), ids.subList(1, 3).stream().sorted().collect(toList()));
    check.isNow(Check.isA(RevokedPaymentSchedule.class, schedules.getPaymentSchedule(ids.get(2)).get()).getRevokedAt());
  }

  void anyId() throws Exception {
    // No slash: the SDK leaves it in the path as it is, so that PortOne would see two segments.
    for (String id : List.of("주문 1", "a b+c%20d", "☕🚀", "?a=b&c=d#e;f", "\"quoted\" \\ 한글", "100%", "%2F")) {
      pay(id, 11000);
      Check.equal(get(PaidPayment.class, id).getId(), id);
      cancel(id, null, "시험", null);
      List<String> found = ids(payments.getPayments(null, Build.paymentsWithId(id)).get().getItems());
      Check.equal(found.contains(id), true);
    }
  }

  void largeAmount() throws Exception {
    pay("large", Long.MAX_VALUE);
    Check.equal(get(PaidPayment.class, "large").getAmount().getTotal(), Long.MAX_VALUE);
  }

  void anotherStore() throws Exception {
    try (PortOneClient client = new PortOneClient(Client.SECRET, url, "store-하위")) {
      PaymentClient other = client.getPayment();
      pay(other, "other-1", Build.GOOD_CARD, CHANNEL, Build.amount(11000)).get();
      Check.equal(Check.isA(PaidPayment.class, other.getPayment("other-1").get()).getStoreId(), "store-하위");
      cancel(other, "other-1", 100L, "일부", null).get();
    }
    Check.fails(PaymentNotFoundException.class, payments.getPayment("other-1"));
  }
}
