package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.AnnotationsProto;
import com.github.portonegateway.portone.v2.Currency;
import com.github.portonegateway.portone.v2.Customer;
import com.github.portonegateway.portone.v2.Payment;
import com.github.portonegateway.portone.v2.PaymentAmount;
import com.github.portonegateway.portone.v2.PaymentCancellation;
import com.github.portonegateway.portone.v2.PaymentFailure;
import com.github.portonegateway.portone.v2.PaymentMethod;
import com.github.portonegateway.portone.v2.PaymentStatus;
import com.github.portonegateway.portone.v2.SelectedChannel;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A payment of any status: {@code PaymentView.of(payment).amount()}. What is not known is empty, never 0; of a status from tomorrow only
 * {@link #statusText()} is known.
 */
public final class PaymentView {
    private static final Pattern TEXT = Pattern.compile("\"([A-Za-z0-9_]+)\"");

    private final Payment payment;
    private final Message status; // the case that is set; null for one from tomorrow

    private PaymentView(Payment payment) {
        this.payment = payment;
        FieldDescriptor set = payment.getOneofFieldDescriptor(Payment.getDescriptor().getOneofs().get(0));
        status = set == null ? null : (Message) payment.getField(set);
    }

    /** Looks at a payment. */
    public static PaymentView of(Payment payment) {
        return new PaymentView(payment);
    }

    /** The payment itself. */
    public Payment payment() {
        return payment;
    }

    /** The status as PortOne sends it, such as PAID, known or not. */
    public String statusText() {
        if (status != null) {
            return status.getDescriptorForType().getOptions().getExtension(AnnotationsProto.discriminator).getValue();
        }
        var text = TEXT.matcher(payment.getUnrecognizedOrDefault("status", ""));
        return text.matches() ? text.group(1) : "";
    }

    /** The status; PAYMENT_STATUS_UNSPECIFIED for one from tomorrow. */
    public PaymentStatus status() {
        String text = statusText();
        String name = "PAYMENT_STATUS_" + (text.equals("PAY_PENDING") ? "PENDING" : text); // PENDING is its name in filters
        EnumValueDescriptor value = PaymentStatus.getDescriptor().findValueByName(name);
        return value == null ? PaymentStatus.PAYMENT_STATUS_UNSPECIFIED : PaymentStatus.valueOf(value);
    }

    /** The id that the caller gave the payment. */
    public Optional<String> id() {
        return get("id", String.class);
    }

    /** PortOne's id of the latest attempt to pay. */
    public Optional<String> transactionId() {
        return get("transaction_id", String.class);
    }

    /** The id of the payment's store. */
    public Optional<String> storeId() {
        return get("store_id", String.class);
    }

    /** What was bought. */
    public Optional<String> orderName() {
        return get("order_name", String.class);
    }

    /** The amount, in the currency's minor unit. */
    public Optional<PaymentAmount> amount() {
        return get("amount", PaymentAmount.class);
    }

    /** The currency of the amounts; empty also for one from tomorrow. */
    public Optional<Currency> currency() {
        return get("currency", EnumValueDescriptor.class)
                .map(value -> value.getIndex() < 0 ? Currency.CURRENCY_UNSPECIFIED : Currency.valueOf(value))
                .filter(currency -> currency != Currency.CURRENCY_UNSPECIFIED);
    }

    /** How the customer pays. */
    public Optional<PaymentMethod> method() {
        return get("method", PaymentMethod.class);
    }

    /** The channel, and so the PG. */
    public Optional<SelectedChannel> channel() {
        return get("channel", SelectedChannel.class);
    }

    /** Who pays. */
    public Optional<Customer> customer() {
        return get("customer", Customer.class);
    }

    /** Why a payment failed, with the PG's code; empty if it did not. */
    public Optional<PaymentFailure> failure() {
        return get("failure", PaymentFailure.class);
    }

    /** The cancellations, of which some may have failed or not be done yet. */
    public List<PaymentCancellation> cancellations() {
        FieldDescriptor field = field("cancellations");
        return field == null ? List.of() : ((List<?>) status.getField(field)).stream().map(PaymentCancellation.class::cast).toList();
    }

    private FieldDescriptor field(String name) {
        return status == null ? null : status.getDescriptorForType().findFieldByName(name);
    }

    private <T> Optional<T> get(String name, Class<T> as) {
        FieldDescriptor field = field(name);
        return field == null || !status.hasField(field) ? Optional.empty() : Optional.of(as.cast(status.getField(field)));
    }
}
