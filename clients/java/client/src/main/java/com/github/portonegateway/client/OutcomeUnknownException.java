package com.github.portonegateway.client;

/** PortOne may have carried the mutation out. Ask again later with the same request and {@link #getIdempotencyKey()}, never with another key. */
public final class OutcomeUnknownException extends PortOneException {
    OutcomeUnknownException(Failure failure) {
        super(failure);
    }
}
