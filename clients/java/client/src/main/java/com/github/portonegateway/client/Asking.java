package com.github.portonegateway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The interceptor: a key for every mutation, asking again, and errors that say what happened. clients/DESIGN.md has its algorithm, which is
 * the same in every language. Never changes; safe for use by many threads.
 */
final class Asking implements ClientInterceptor {
    final Duration askAgainFor;
    final Duration attemptTimeout;
    final Credentials credentials;
    final ScheduledThreadPoolExecutor timer;
    private final Runnable reconnect;

    /**
     * @param credentials null for none
     * @param reconnect has the channel connect at once if it waits before doing so
     */
    Asking(Duration askAgainFor, Duration attemptTimeout, Credentials credentials, Runnable reconnect) {
        this.askAgainFor = askAgainFor;
        this.attemptTimeout = attemptTimeout;
        this.credentials = credentials;
        this.reconnect = reconnect;
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "portone-gateway-timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        timer.setKeepAliveTime(10, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true); // no thread where nothing fails
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        boolean mutation = Rules.isMutation(method.getFullMethodName());
        if (!mutation && !Rules.isRead(method.getFullMethodName())) {
            return credentials == null ? next.newCall(method, options) : new ForeignCall<>(next.newCall(method, options));
        }
        if (method.getType() == MethodType.UNARY) {
            return new AskingCall<>(this, method, options, next, mutation);
        }
        return new StreamingCall<>(next.newCall(method, options));
    }

    /** Sets the metadata that says who calls, anew for each attempt. */
    void authorize(Metadata headers) {
        if (credentials != null) {
            String value = credentials.authorization();
            headers.discardAll(Rules.AUTHORIZATION);
            headers.put(Rules.AUTHORIZATION, value);
        }
    }

    /** grpc-java waits up to two minutes before it connects again, which outlasts the asking. */
    void reconnect() {
        reconnect.run();
    }

    /** What the gateway says and a little more, so that callers who were told the same do not come at once; or anything up to a limit that doubles. */
    long waitNanos(int attempt, Duration retryAfter) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        if (!retryAfter.isZero()) {
            long nanos = retryAfter.toNanos();
            return nanos + random.nextLong(nanos / 10 + 1);
        }
        long limit = Math.min(Rules.LONGEST_WAIT_MS, Rules.FIRST_WAIT_MS << Math.min(attempt, 10));
        return random.nextLong(TimeUnit.MILLISECONDS.toNanos(limit) + 1);
    }

    /** A call of a method that is not the contract's: says who calls, nothing else. */
    private final class ForeignCall<Q, A> extends SimpleForwardingClientCall<Q, A> {
        ForeignCall(ClientCall<Q, A> call) {
            super(call);
        }

        @Override
        public void start(Listener<A> listener, Metadata headers) {
            authorize(headers);
            super.start(listener, headers);
        }
    }

    /** The two downloads, which change nothing. They are not asked for again, since a part of the file may have arrived. */
    private final class StreamingCall<Q, A> extends SimpleForwardingClientCall<Q, A> {
        private boolean cancelled;

        StreamingCall(ClientCall<Q, A> call) {
            super(call);
        }

        @Override
        public void start(Listener<A> listener, Metadata headers) {
            authorize(headers);
            super.start(new SimpleForwardingClientCallListener<A>(listener) {
                private Metadata received;

                @Override
                public void onHeaders(Metadata headers) {
                    received = headers;
                    super.onHeaders(headers);
                }

                @Override
                public void onClose(Status status, Metadata trailers) {
                    if (!status.isOk() && !isCancelled()) {
                        status = status.withCause(Failure.of(status, received, trailers, false, "").exception());
                    }
                    super.onClose(status, trailers);
                }
            }, headers);
        }

        @Override
        public void cancel(String message, Throwable cause) {
            synchronized (this) {
                cancelled = true;
            }
            super.cancel(message, cause);
        }

        private synchronized boolean isCancelled() {
            return cancelled;
        }
    }
}
