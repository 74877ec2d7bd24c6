import io.portone.sdk.server.common.CardBrand;
import io.portone.sdk.server.common.CardCredential;
import io.portone.sdk.server.common.Currency;
import io.portone.sdk.server.common.CustomerInput;
import io.portone.sdk.server.common.CustomerNameInput;
import io.portone.sdk.server.common.PaymentAmountInput;
import io.portone.sdk.server.common.PaymentMethodType;
import io.portone.sdk.server.common.SortOrder;
import io.portone.sdk.server.payment.InstantPaymentMethodInput;
import io.portone.sdk.server.payment.InstantPaymentMethodInputCard;
import io.portone.sdk.server.payment.PaymentFilterInput;
import io.portone.sdk.server.payment.PaymentStatus;
import io.portone.sdk.server.payment.PaymentTextSearch;
import io.portone.sdk.server.payment.PaymentTextSearchField;
import io.portone.sdk.server.payment.billingkey.InstantBillingKeyPaymentMethodInput;
import io.portone.sdk.server.payment.billingkey.InstantBillingKeyPaymentMethodInputCard;
import io.portone.sdk.server.payment.paymentschedule.BillingKeyPaymentScheduleInput;
import java.time.Instant;
import java.util.List;

/** Makes the SDK's inputs, whose constructors know no defaults in Java. */
final class Build {
  static final String GOOD_CARD = "4242424242424242";

  private Build() {}

  static Currency won() {
    return Currency.Krw.INSTANCE;
  }

  static PaymentAmountInput amount(long total) {
    return new PaymentAmountInput(total, null, null);
  }

  static CustomerInput customer() {
    CustomerNameInput name = new CustomerNameInput("김데모 🙂", null);
    return new CustomerInput("고객-1", name, null, null, null, null, null, "demo@sandbox.example", "01012345678", null, null, null);
  }

  private static CardCredential credential(String number) {
    return new CardCredential(number, "99", "12", null, null);
  }

  static InstantPaymentMethodInput card(String number) {
    return new InstantPaymentMethodInput(new InstantPaymentMethodInputCard(credential(number), null, null, null, null), null);
  }

  static InstantBillingKeyPaymentMethodInput billingCard() {
    return new InstantBillingKeyPaymentMethodInput(new InstantBillingKeyPaymentMethodInputCard(credential(GOOD_CARD)));
  }

  static BillingKeyPaymentScheduleInput scheduled(String billingKey, long total) {
    return new BillingKeyPaymentScheduleInput(
        null, billingKey, null, "월 구독료", customer(), null, amount(total), won(),
        null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  /** Test payments by card, the oldest first. */
  static PaymentFilterInput cardPayments(Instant from, Instant until, PaymentStatus status, CardBrand brand, PaymentTextSearch search) {
    return new PaymentFilterInput(
        null, null, null, from, until, List.of(status), List.of(PaymentMethodType.Card.INSTANCE), null, true, null, null,
        SortOrder.Asc.INSTANCE, null, null, null, null, null, null, brand, null, null, null, null, null, null, null,
        search == null ? null : List.of(search));
  }

  static PaymentFilterInput paymentsWithId(String id) {
    PaymentTextSearch search = new PaymentTextSearch(PaymentTextSearchField.PaymentId.INSTANCE, id);
    return new PaymentFilterInput(
        null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null, null, null, List.of(search));
  }
}
