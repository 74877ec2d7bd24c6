import io.portone.sdk.server.errors.AlreadyPaidException;
import io.portone.sdk.server.errors.ChannelNotFoundException;
import io.portone.sdk.server.errors.GetPaymentException;
import io.portone.sdk.server.errors.InvalidRequestException;
import io.portone.sdk.server.errors.PaymentAlreadyCancelledException;
import io.portone.sdk.server.errors.PaymentNotFoundException;
import io.portone.sdk.server.errors.PaymentScheduleNotFoundException;
import io.portone.sdk.server.errors.PgProviderException;
import io.portone.sdk.server.errors.UnknownException;
import io.portone.sdk.server.payment.FailedPayment;
import io.portone.sdk.server.payment.PayInstantlyResponse;
import io.portone.sdk.server.payment.PaymentClient;
import java.util.concurrent.CompletableFuture;

/** What PortOne refuses, after the cases of the shop. */
final class Errors {
  private final PaymentClient payments;

  Errors(PaymentClient payments) {
    this.payments = payments;
  }

  private CompletableFuture<PayInstantlyResponse> pay(String id, String card, String channel) {
    return Shop.pay(payments, id, card, channel, Build.amount(11000));
  }

  void typed() throws Exception {
    PaymentNotFoundException missing = Check.fails(PaymentNotFoundException.class, payments.getPayment("없는 결제"));
    Check.isA(GetPaymentException.class, missing);
    Check.isA(String.class, missing.getMessage());
    Check.fails(AlreadyPaidException.class, pay("card-2", Build.GOOD_CARD, Shop.CHANNEL));
    Check.fails(PaymentAlreadyCancelledException.class,
        payments.cancelPayment("card-1", null, null, null, "다시", null, null, null, null, null, null));
    PgProviderException declined = Check.fails(PgProviderException.class, pay("declined", "4000000000006975", Shop.CHANNEL));
    Check.equal(declined.getPgCode(), "REJECT_CARD_PAYMENT");
    Check.equal(declined.getPgMessage(), "한도초과 혹은 잔액부족으로 결제에 실패했습니다.");
    Check.isA(FailedPayment.class, payments.getPayment("declined").get());
    Check.fails(ChannelNotFoundException.class, pay("no-channel", Build.GOOD_CARD, "channel-key-sandbox-missing"));
    Check.fails(InvalidRequestException.class, pay("no-card", "1234", Shop.CHANNEL));
    Check.fails(PaymentScheduleNotFoundException.class, payments.getPaymentSchedule().getPaymentSchedule("none"));
  }

  void unknown() throws Exception {
    Check.fails(UnknownException.class, pay("sandbox:error=BRAND_NEW;status=400", Build.GOOD_CARD, Shop.CHANNEL));
    Check.fails(UnknownException.class, payments.getPayment("sandbox:error=BRAND_NEW;status=409"));
  }
}
