package com.github.portonegateway.client;

/** A failed call that is none of the other kinds; {@link #getRetry()} and {@link #getReason()} say what to do. */
public final class CallFailedException extends PortOneException {
    CallFailedException(Failure failure) {
        super(failure);
    }
}
