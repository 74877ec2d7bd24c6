package com.github.portonegateway.client;

import java.time.Duration;
import java.util.Objects;

/**
 * The calls of a service. Never changes: the methods that begin with {@code with} return another. Safe for use by many threads.
 *
 * <p>Methods that end with {@code All} stream a list. The stream calls when it is read, one part when the one before is used up, and ends with
 * an exception, never early, where the list cannot be read to its end: a {@link PortOneException}, a {@link TooDeepException}, or an
 * IllegalStateException that says what is wrong with the list. The request may say where to begin and how many objects a part has (100 unless
 * given). Where it has an end of the range of time, and none is set, that is set to the time of this machine when the stream begins, so that
 * objects which come meanwhile do not shift the pages; those that change meanwhile, so that the filter sees them elsewhere, can be missed:
 * list by cursor where none may be.
 *
 * @param <S> the service's own class
 */
public abstract class ServiceClient<S extends ServiceClient<S>> {
    final Calls calls;

    ServiceClient(Calls calls) {
        this.calls = calls;
    }

    abstract S with(Calls calls);

    /**
     * Has a mutation sent with the key. Use it for one call, and for asking what became of it. The call fails with INVALID_ARGUMENT if the
     * key has not 16 to 256 printable ASCII characters, or a quote or backslash among them.
     */
    public S withKey(String key) {
        return with(calls.withKey(Objects.requireNonNull(key, "key")));
    }

    /**
     * Limits the time of each call, all its attempts together. Default: none, and so at most the client's attemptTimeout and askAgainFor
     * together.
     */
    public S withTimeout(Duration timeout) {
        return with(calls.withTimeout(Objects.requireNonNull(timeout, "timeout")));
    }

    /** Adds metadata to each call, such as {@code accept-language} for the language of texts. */
    public S withHeader(String name, String value) {
        return with(calls.withHeader(name, value));
    }
}
