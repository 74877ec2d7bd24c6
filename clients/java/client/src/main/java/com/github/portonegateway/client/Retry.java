package com.github.portonegateway.client;

/** What to do about a failed call. */
public enum Retry {
    /** The same request fails again. */
    NEVER,

    /** Repeat the same request, a mutation with the same idempotency key. */
    SAME,

    /** It may succeed later, as a new request: a limit or an outage has to pass first. */
    LATER,

    /** Read what became of it, and go by that. */
    CHECK_FIRST
}
