package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.ErrorReason;
import com.github.portonegateway.portone.v2.GatewayReason;
import com.github.portonegateway.portone.v2.PgDecline;
import com.github.portonegateway.portone.v2.PortOneError;
import com.google.protobuf.Message;
import io.grpc.Status;
import java.time.Duration;
import java.util.Optional;

/**
 * A failed call. The cause is the exception of grpc-java. The message has no ids, keys or data of the call's.
 *
 * <p>Its four kinds say what to do: {@link OutcomeUnknownException}, {@link OutcomeUnclearException}, {@link DeclinedException}, and
 * {@link CallFailedException} for the rest. It is not serializable.
 */
public abstract sealed class PortOneException extends RuntimeException
        permits OutcomeUnknownException, OutcomeUnclearException, DeclinedException, CallFailedException {
    private final transient Failure failure;

    PortOneException(Failure failure) {
        super(failure.text(), failure.cause());
        this.failure = failure;
    }

    /**
     * Finds the PortOneException among an exception and its causes, for those who call by stubs of their own on
     * {@link PortOneClient#channel()}, or wait for futures.
     */
    public static Optional<PortOneException> in(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause()) {
            if (t instanceof PortOneException found) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    /** The gRPC code. */
    public Status.Code getCode() {
        return failure.status.getCode();
    }

    /**
     * PortOne's type as it was sent, such as PAYMENT_NOT_FOUND, or the gateway's reason, such as OUTCOME_UNKNOWN. Empty if the error is of
     * neither, such as a connection that broke.
     */
    public String getType() {
        return failure.type;
    }

    /** PortOne's type as an enum; ERROR_REASON_UNSPECIFIED for one that this package does not know, or that is not PortOne's. */
    public ErrorReason getReason() {
        return failure.reason;
    }

    /** The gateway's reason as an enum; GATEWAY_REASON_UNSPECIFIED if the error is not the gateway's own, or the reason is not known. */
    public GatewayReason getGatewayReason() {
        return failure.gatewayReason;
    }

    /** PortOne's operationId; empty if nobody said it. */
    public String getOperation() {
        return failure.operation;
    }

    /** The key that a mutation was sent with; empty for reads. To ask for the outcome, send the same request with it. */
    public String getIdempotencyKey() {
        return failure.key;
    }

    /** Names the call in the gateway's log; empty if the gateway did not speak. */
    public String getRequestId() {
        return failure.requestId;
    }

    /** How long to wait before trying again, a minute at most; zero if nothing is said. */
    public Duration getRetryAfter() {
        return failure.retryAfter;
    }

    /** Whether the details were cut to fit into trailers: lists and texts may be shorter than PortOne sent them. */
    public boolean isTruncated() {
        return failure.truncated;
    }

    /** PortOne's error with all that it sent; empty if the error is not PortOne's. */
    public Optional<PortOneError> getDetail() {
        return Optional.ofNullable(failure.detail);
    }

    /** The data of the error's type, such as a PgProviderError; empty if the type has none. */
    public Optional<Message> getData() {
        return failure.data();
    }

    /** What the PG's refusal means and what to do; empty if there was none, or its code is not known. */
    public Optional<PgDecline> getDecline() {
        return failure.decline();
    }

    /** The text in the language of the call's accept-language: for staff, not for buyers. Empty if the gateway did not speak. */
    public String getLocalizedText() {
        return failure.localizedText;
    }

    /** Whether PortOne may have carried the mutation out and has not said so. Repeat it with its key, never with another. */
    public boolean isOutcomeUnknown() {
        return failure.outcomeUnknown;
    }

    /** Whether PortOne has answered without knowing what became of it at the PG: read the payment, and go by that. */
    public boolean isOutcomeUnclear() {
        return failure.retry == Retry.CHECK_FIRST;
    }

    /** What to do. */
    public Retry getRetry() {
        return failure.retry;
    }
}
