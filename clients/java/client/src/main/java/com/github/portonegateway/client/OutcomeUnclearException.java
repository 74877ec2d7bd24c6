package com.github.portonegateway.client;

/** PortOne has answered, and does not know what became of it at the PG. Read the payment, and go by its status. */
public final class OutcomeUnclearException extends PortOneException {
    OutcomeUnclearException(Failure failure) {
        super(failure);
    }
}
