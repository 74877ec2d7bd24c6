package com.github.portonegateway.client;

import java.util.concurrent.CancellationException;

/**
 * The caller gave the call up: its thread was interrupted (and still is), or its {@link io.grpc.Context} was cancelled. The outcome of a
 * mutation is unknown.
 */
public final class CallCancelledException extends CancellationException {
    private final String key;

    CallCancelledException(String key) {
        super(key.isEmpty() ? "the call was cancelled" : "the call was cancelled; its outcome is unknown");
        this.key = key;
    }

    /** The key that a mutation was sent with; empty for reads. To ask for the outcome, send the same request with it. */
    public String getIdempotencyKey() {
        return key;
    }
}
