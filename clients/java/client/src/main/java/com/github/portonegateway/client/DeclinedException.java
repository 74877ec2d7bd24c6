package com.github.portonegateway.client;

/** The PG or card company said no; {@link #getDecline()} says why and what to do, where the PG's codes are known. */
public final class DeclinedException extends PortOneException {
    DeclinedException(Failure failure) {
        super(failure);
    }
}
