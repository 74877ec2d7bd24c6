package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.portone.v2.Currency;
import com.github.portonegateway.portone.v2.FailedPayment;
import com.github.portonegateway.portone.v2.PaidPayment;
import com.github.portonegateway.portone.v2.PartialCancelledPayment;
import com.github.portonegateway.portone.v2.PayPendingPayment;
import com.github.portonegateway.portone.v2.Payment;
import com.github.portonegateway.portone.v2.PaymentAmount;
import com.github.portonegateway.portone.v2.PaymentCancellation;
import com.github.portonegateway.portone.v2.PaymentFailure;
import com.github.portonegateway.portone.v2.PaymentStatus;
import com.google.protobuf.Descriptors.FieldDescriptor;
import org.junit.jupiter.api.Test;

class PaymentViewTest {
    @Test
    void everyCaseHasAStatus() {
        for (FieldDescriptor status : Payment.getDescriptor().getOneofs().get(0).getFields()) {
            var view = PaymentView.of(Payment.newBuilder().setField(status, Payment.newBuilder().newBuilderForField(status).build()).build());
            assertEquals(status.getName().toUpperCase(), view.statusText());
            assertTrue(view.status() != PaymentStatus.PAYMENT_STATUS_UNSPECIFIED, status::getName);
            assertTrue(view.id().isEmpty() && view.amount().isEmpty() && view.currency().isEmpty() && view.cancellations().isEmpty());
        }
        var pending = PaymentView.of(Payment.newBuilder().setPayPending(PayPendingPayment.getDefaultInstance()).build());
        assertEquals(PaymentStatus.PAYMENT_STATUS_PENDING, pending.status());
    }

    @Test
    void whatIsThereIsFound() {
        var amount = PaymentAmount.newBuilder().setTotal(0).build();
        var paid = PaidPayment.newBuilder().setId("payment-1").setOrderName("a book").setAmount(amount).setCurrency(Currency.CURRENCY_KRW);
        var view = PaymentView.of(Payment.newBuilder().setPaid(paid).build());
        assertEquals("payment-1", view.id().orElseThrow());
        assertEquals("a book", view.orderName().orElseThrow());
        assertEquals(amount, view.amount().orElseThrow());
        assertEquals(Currency.CURRENCY_KRW, view.currency().orElseThrow());
        assertTrue(view.failure().isEmpty());
        var failure = PaymentFailure.newBuilder().setPgCode("51").build();
        var failed = PaymentView.of(Payment.newBuilder().setFailed(FailedPayment.newBuilder().setFailure(failure)).build());
        assertEquals(failure, failed.failure().orElseThrow());
        var partly = PartialCancelledPayment.newBuilder().addCancellations(PaymentCancellation.getDefaultInstance());
        assertEquals(1, PaymentView.of(Payment.newBuilder().setPartialCancelled(partly).build()).cancellations().size());
    }

    @Test
    void ofAStatusFromTomorrowOnlyTheTextIsKnown() {
        var view = PaymentView.of(Payment.newBuilder().putUnrecognized("status", "\"FROM_TOMORROW\"").build());
        assertEquals("FROM_TOMORROW", view.statusText());
        assertEquals(PaymentStatus.PAYMENT_STATUS_UNSPECIFIED, view.status());
        assertFalse(view.id().isPresent());
        assertEquals("", PaymentView.of(Payment.newBuilder().putUnrecognized("status", "{}").build()).statusText());
        assertEquals("", PaymentView.of(Payment.getDefaultInstance()).statusText());
        var currency = PaidPayment.newBuilder().setCurrencyValue(999_999);
        assertTrue(PaymentView.of(Payment.newBuilder().setPaid(currency).build()).currency().isEmpty());
    }
}
