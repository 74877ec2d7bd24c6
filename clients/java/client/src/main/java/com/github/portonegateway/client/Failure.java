package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.DeclineNextStep;
import com.github.portonegateway.portone.v2.ErrorReason;
import com.github.portonegateway.portone.v2.GatewayReason;
import com.github.portonegateway.portone.v2.PgDecline;
import com.github.portonegateway.portone.v2.PortOneError;
import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.LocalizedMessage;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;

/** A failed attempt, and what it means for the call. Used by one thread at a time until it becomes an exception. */
final class Failure {
    final Status status;
    final String key;
    String domain = "";
    String type = "";
    ErrorReason reason = ErrorReason.ERROR_REASON_UNSPECIFIED;
    GatewayReason gatewayReason = GatewayReason.GATEWAY_REASON_UNSPECIFIED;
    String operation = "";
    String requestId = "";
    Duration retryAfter = Duration.ZERO;
    boolean truncated;
    PortOneError detail;
    String localizedText = "";
    boolean outcomeUnknown;
    Retry retry = Retry.NEVER;
    private final Metadata trailers;

    private Failure(Status status, Metadata trailers, String key) {
        this.status = status;
        this.trailers = trailers;
        this.key = key;
    }

    /**
     * Takes a status of a call that was sent.
     *
     * @param headers of the answer; null if there were none
     * @param key that a mutation was sent with; empty for reads
     */
    static Failure of(Status status, Metadata headers, Metadata trailers, boolean mutation, String key) {
        Failure f = new Failure(status, trailers, key);
        f.requestId = requestId(headers, trailers);
        f.read(trailers.get(Rules.DETAILS));
        f.retry = f.advise(mutation);
        f.outcomeUnknown = mutation && (f.domain.isEmpty() ? f.retry == Retry.SAME : f.leavesUnknown());
        return f;
    }

    /** A call whose request did not leave the program. */
    static Failure notSent(Status status, String key) {
        return new Failure(status, new Metadata(), key);
    }

    /** Has the outcome be unknown, since an earlier attempt left it so, and this does not say what came of that. */
    void staysUnknown() {
        outcomeUnknown = true;
        retry = Retry.SAME;
    }

    /** Whether the client asks again by itself, time permitting. */
    boolean asksAgain() {
        return retry == Retry.SAME
                || domain.equals(Rules.GATEWAY) && !retryAfter.isZero() && Rules.AGAIN_WITH_RETRY_INFO.contains(type);
    }

    /** Whether this says what came of an earlier attempt: an answer of PortOne's about the request. Who may call is looked at first. */
    boolean tellsOutcome() {
        return domain.equals(Rules.PORTONE) && !Rules.TELLS_NO_OUTCOME.contains(status.getCode().name());
    }

    PortOneException exception() {
        if (outcomeUnknown) {
            return new OutcomeUnknownException(this);
        }
        if (retry == Retry.CHECK_FIRST) {
            return new OutcomeUnclearException(this);
        }
        if (type.equals("PG_PROVIDER") || decline().isPresent()) {
            return new DeclinedException(this);
        }
        return new CallFailedException(this);
    }

    String text() {
        StringBuilder text = new StringBuilder(status.getCode().name());
        for (String part : new String[] {type, operation}) {
            if (!part.isEmpty()) {
                text.append(' ').append(part);
            }
        }
        if (status.getDescription() != null) {
            text.append(": ").append(status.getDescription());
        }
        if (!requestId.isEmpty()) {
            text.append(" (request ").append(requestId).append(')');
        }
        return text.toString();
    }

    Throwable cause() {
        return new StatusRuntimeException(status, trailers);
    }

    Optional<PgDecline> decline() {
        return detail != null && detail.hasDecline() ? Optional.of(detail.getDecline()) : Optional.empty();
    }

    Optional<Message> data() {
        if (detail == null) {
            return Optional.empty();
        }
        var oneof = detail.getDescriptorForType().getOneofs().stream().filter(o -> o.getName().equals("data")).findFirst();
        FieldDescriptor set = oneof.map(detail::getOneofFieldDescriptor).orElse(null);
        return set == null ? Optional.empty() : Optional.of((Message) detail.getField(set));
    }

    private static String requestId(Metadata headers, Metadata trailers) {
        String id = headers == null ? null : headers.get(Rules.REQUEST_ID);
        if (id == null) {
            id = trailers.get(Rules.REQUEST_ID);
        }
        return id == null ? "" : id;
    }

    /** Reads the details of a status. One that cannot be read has none; a detail that cannot be read is as good as none. */
    private void read(byte[] trailer) {
        if (trailer == null) {
            return;
        }
        com.google.rpc.Status details;
        try {
            details = com.google.rpc.Status.parseFrom(trailer);
        } catch (InvalidProtocolBufferException e) {
            return;
        }
        for (Any any : details.getDetailsList()) {
            try {
                read(any);
            } catch (InvalidProtocolBufferException e) {
                continue;
            }
        }
    }

    private void read(Any any) throws InvalidProtocolBufferException {
        if (any.is(ErrorInfo.class)) {
            read(any.unpack(ErrorInfo.class));
        } else if (any.is(RetryInfo.class)) {
            var delay = any.unpack(RetryInfo.class).getRetryDelay();
            long ms = Math.max(0, Math.min(delay.getSeconds(), Rules.MAX_RETRY_INFO_MS) * 1000 + delay.getNanos() / 1_000_000);
            retryAfter = Duration.ofMillis(Math.min(ms, Rules.MAX_RETRY_INFO_MS));
        } else if (any.is(LocalizedMessage.class)) {
            localizedText = any.unpack(LocalizedMessage.class).getMessage();
        } else if (any.is(PortOneError.class)) {
            detail = any.unpack(PortOneError.class);
            reason = detail.getReason() == ErrorReason.UNRECOGNIZED ? ErrorReason.ERROR_REASON_UNSPECIFIED : detail.getReason();
        }
    }

    private void read(ErrorInfo info) {
        if (!info.getDomain().equals(Rules.PORTONE) && !info.getDomain().equals(Rules.GATEWAY)) {
            return; // a mesh's
        }
        domain = info.getDomain();
        type = info.getReason();
        operation = info.getMetadataOrDefault(Rules.INFO_OPERATION, "");
        truncated = !info.getMetadataOrDefault(Rules.INFO_TRUNCATED, "").isEmpty();
        if (domain.equals(Rules.GATEWAY)) {
            var value = GatewayReason.getDescriptor().findValueByName("GATEWAY_REASON_" + type);
            gatewayReason = value == null ? GatewayReason.GATEWAY_REASON_UNSPECIFIED : GatewayReason.valueOf(value);
        }
    }

    /** The algorithm of clients/DESIGN.md. */
    private Retry advise(boolean mutation) {
        Status.Code code = status.getCode();
        Retry advice;
        switch (domain) {
            case "" -> {
                return Rules.withoutErrorInfo(code, mutation);
            }
            case Rules.PORTONE -> {
                advice = mutation ? Rules.nextStep(step()) : null;
                advice = advice != null ? advice : Rules.portoneCode(code, mutation);
            }
            default -> {
                advice = mutation && leavesUnknown() ? Retry.SAME : Rules.gatewayReason(type, mutation);
                advice = advice != null ? advice : Rules.gatewayCode(code, mutation);
            }
        }
        return advice == Retry.NEVER ? Rules.nextStepInsteadOfNever(step()) : advice;
    }

    /** Whether an error of the gateway's own says that PortOne may have carried the mutation out. */
    private boolean leavesUnknown() {
        return domain.equals(Rules.GATEWAY)
                && (Rules.OUTCOME_UNKNOWN.contains(type)
                        || !Rules.KNOWN_GATEWAY_REASONS.contains(type) && Rules.OUTCOME_UNKNOWN_CODES.contains(status.getCode().name()));
    }

    /** The name of what the decline says to do; empty for none, or one that this package does not know. */
    private String step() {
        DeclineNextStep step = decline().map(PgDecline::getNextStep).orElse(DeclineNextStep.UNRECOGNIZED);
        return step == DeclineNextStep.UNRECOGNIZED ? "" : step.name().substring("DECLINE_NEXT_STEP_".length());
    }
}
