package com.github.portonegateway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A unary call, of as many attempts as it takes. To the caller it is one: what it hears is the end of the last attempt.
 *
 * <p>Attempts begin in the caller's thread and, after a pause, in the call's executor. Whoever holds a phase's right to go on holds the
 * call's other fields: one thread at a time, handed on by the lock or by grpc-java's own callbacks.
 */
final class AskingCall<Q, A> extends ClientCall<Q, A> {
    private enum Phase {
        /** No attempt has begun. */
        NEW,
        /** An attempt is being started, and cannot be cancelled yet. */
        STARTING,
        RUNNING,
        PAUSED,
        DONE
    }

    /** For calls without an executor of their own. Unlike ForkJoinPool.commonPool() it runs what it is given on every machine. */
    private static final Executor POOL = new CompletableFuture<Void>().defaultExecutor();

    private final Asking asking;
    private final MethodDescriptor<Q, A> method;
    private final CallOptions options;
    private final Channel channel;
    private final boolean mutation;
    private final Context context = Context.current();
    private final Context.CancellationListener contextEnd = this::contextEnded;

    private Listener<A> listener;
    private Metadata headers;
    private String key = "";
    private Failure refusal; // of the key
    private Q request;
    private int attempts;
    private Deadline giveUp; // null until the first failure
    private boolean unknown; // an earlier attempt may have been carried out, and nothing since has said so

    private final Object lock = new Object();
    private Phase phase = Phase.NEW; // guarded by lock, as are the following
    private boolean cancelled;
    private ClientCall<Q, A> attempt;
    private Future<?> pause;

    AskingCall(Asking asking, MethodDescriptor<Q, A> method, CallOptions options, Channel channel, boolean mutation) {
        this.asking = asking;
        this.method = method;
        this.options = options;
        this.channel = channel;
        this.mutation = mutation;
    }

    @Override
    public void start(Listener<A> listener, Metadata headers) {
        this.listener = listener;
        this.headers = headers;
        context.addListener(contextEnd, Runnable::run);
        if (!mutation) {
            return;
        }
        try {
            String given = IdempotencyKey.given(options, headers);
            key = given == null ? IdempotencyKey.create() : given;
        } catch (IllegalArgumentException e) {
            refusal = Failure.notSent(Status.INVALID_ARGUMENT.withDescription(e.getMessage()), "");
            return;
        }
        headers.discardAll(Rules.KEY);
        headers.put(Rules.KEY, key);
    }

    @Override
    public void request(int messages) {
        // The answer comes once, with the end.
    }

    @Override
    public void sendMessage(Q message) {
        request = Objects.requireNonNull(message, "request"); // grpc-java would send an empty one
    }

    @Override
    public void halfClose() {
        if (refusal != null) {
            fail(refusal, null);
            return;
        }
        try {
            attempt();
        } catch (RuntimeException e) { // of an interceptor of the user's; the caller gets it
            context.removeListener(contextEnd);
            throw e;
        }
    }

    @Override
    public void cancel(String message, Throwable cause) {
        ClientCall<Q, A> running;
        synchronized (lock) {
            if (cancelled || phase == Phase.DONE) {
                return;
            }
            cancelled = true;
            running = phase == Phase.RUNNING ? attempt : null;
            boolean idle = phase == Phase.NEW || phase == Phase.PAUSED && pause != null && pause.cancel(false);
            if (!idle && running == null) {
                return; // who is starting an attempt looks
            }
        }
        if (running != null) {
            running.cancel(message, cause);
        } else if (listener != null) {
            Runnable tell = () -> end(cancelled(), new Metadata(), null, null);
            try {
                executor().execute(tell); // where the caller waits
            } catch (RejectedExecutionException e) {
                tell.run();
            }
        }
    }

    private void contextEnded(Context ended) {
        Throwable cause = ended.cancellationCause();
        if (!(cause instanceof TimeoutException)) { // a deadline that passes ends the attempt by itself
            cancel("the context was cancelled", cause);
        }
    }

    private Executor executor() {
        return options.getExecutor() != null ? options.getExecutor() : POOL;
    }

    private void attempt() {
        Metadata sent = new Metadata();
        sent.merge(headers);
        boolean stop;
        synchronized (lock) {
            stop = cancelled;
            phase = stop ? phase : Phase.STARTING;
        }
        if (stop) {
            end(cancelled(), new Metadata(), null, null);
            return;
        }
        try {
            asking.authorize(sent);
        } catch (RuntimeException e) {
            Status status = Status.UNAUTHENTICATED.withDescription("there are no credentials").withCause(e);
            failed(status, null, new Metadata());
            return;
        }
        start(sent);
    }

    private void start(Metadata sent) {
        Attempt heard = new Attempt();
        Deadline end = Deadline.after(asking.attemptTimeout.toNanos(), TimeUnit.NANOSECONDS);
        for (Deadline other : new Deadline[] {options.getDeadline(), giveUp}) {
            end = other == null ? end : end.minimum(other);
        }
        ClientCall<Q, A> call = channel.newCall(method, options.withDeadline(end));
        call.start(heard, sent);
        call.request(2); // of unary calls, a second message would be an error
        call.sendMessage(request);
        call.halfClose();
        synchronized (lock) {
            if (phase != Phase.STARTING || heard.closed) {
                return; // it has ended already
            }
            phase = Phase.RUNNING;
            attempt = call;
            if (!cancelled) {
                return;
            }
        }
        call.cancel("the caller cancelled", null);
    }

    /** What is heard of one attempt. */
    private final class Attempt extends Listener<A> {
        private Metadata received;
        private A answer;
        private int answers;
        private boolean closed; // guarded by lock

        @Override
        public void onHeaders(Metadata headers) {
            received = headers;
        }

        @Override
        public void onMessage(A message) {
            answer = message;
            answers++;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            synchronized (lock) {
                closed = true;
                attempt = null;
            }
            if (status.isOk() && answers == 1) {
                end(status, trailers, received, answer);
                return;
            }
            if (status.isOk()) {
                status = Status.INTERNAL.withDescription("the answer has " + answers + " messages instead of one");
            }
            failed(status, received, trailers);
        }
    }

    /** Takes the failure of an attempt: asks again, or ends the call. */
    private void failed(Status status, Metadata received, Metadata trailers) {
        if (isCancelled()) {
            end(cancelled(), trailers, received, null);
            return;
        }
        Failure failure = Failure.of(status, received, trailers, mutation, key);
        if (failure.domain.isEmpty() && !encodable()) {
            fail(Failure.notSent(status, key), received);
            return;
        }
        boolean again = failure.asksAgain();
        if (mutation && !failure.tellsOutcome()) {
            unknown |= failure.outcomeUnknown;
            if (unknown) {
                failure.staysUnknown();
            }
        }
        if (!again || !pause(failure)) {
            fail(failure, received);
        }
    }

    /** Waits, without a thread, before the next attempt. Reports whether there is time for one, or the call has ended meanwhile. */
    private boolean pause(Failure failure) {
        if (asking.askAgainFor.isZero() || asking.askAgainFor.isNegative()) {
            return false;
        }
        if (giveUp == null) {
            giveUp = Deadline.after(asking.askAgainFor.toNanos(), TimeUnit.NANOSECONDS);
        }
        long wait = asking.waitNanos(attempts++, failure.retryAfter);
        long least = wait + TimeUnit.MILLISECONDS.toNanos(Rules.LEAST_LEFT_MS);
        for (Deadline end : new Deadline[] {giveUp, options.getDeadline(), context.getDeadline()}) {
            if (end != null && end.timeRemaining(TimeUnit.NANOSECONDS) < least) {
                return false;
            }
        }
        asking.reconnect();
        synchronized (lock) {
            if (!cancelled) {
                try {
                    pause = asking.timer.schedule(() -> next(failure), wait, TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException closed) {
                    return false; // so is the client
                }
                phase = Phase.PAUSED;
                return true;
            }
        }
        end(cancelled(), new Metadata(), null, null);
        return true;
    }

    private void next(Failure before) {
        asking.reconnect();
        try {
            executor().execute(context.wrap(() -> {
                try {
                    attempt();
                } catch (RuntimeException e) { // of an interceptor of the user's; who knows after what
                    if (mutation) {
                        before.staysUnknown();
                    }
                    fail(before, null);
                }
            }));
        } catch (RejectedExecutionException e) {
            fail(before, null);
        }
    }

    /** Whether the request can be written. One that cannot never left; grpc-java calls that CANCELLED, like a stream that breaks. */
    private boolean encodable() {
        try (InputStream encoded = method.streamRequest(request)) {
            encoded.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (RuntimeException | IOException e) {
            return false;
        }
    }

    private boolean isCancelled() {
        synchronized (lock) {
            return cancelled;
        }
    }

    private Status cancelled() {
        return Status.CANCELLED.withDescription("the caller cancelled").withCause(new CallCancelledException(key));
    }

    private void fail(Failure failure, Metadata received) {
        PortOneException e = failure.exception();
        Metadata trailers = Status.trailersFromThrowable(e.getCause());
        end(failure.status.withCause(e), trailers == null ? new Metadata() : trailers, received, null);
    }

    /** Ends the call, once. */
    private void end(Status status, Metadata trailers, Metadata received, A answer) {
        synchronized (lock) {
            if (phase == Phase.DONE) {
                return;
            }
            phase = Phase.DONE;
        }
        context.removeListener(contextEnd);
        if (received != null) {
            listener.onHeaders(received);
        }
        if (answer != null) {
            listener.onMessage(answer);
        }
        listener.onClose(status, trailers);
    }
}
