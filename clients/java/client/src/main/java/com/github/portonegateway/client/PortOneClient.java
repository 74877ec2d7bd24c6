package com.github.portonegateway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * A client of the gateway. Make one for the program; safe for use by many threads.
 *
 * <pre>{@code
 * try (var client = PortOneClient.connect("127.0.0.1:9090")) {
 *     client.payment().withKey("order-1-refund-1").cancelPayment(request);
 * }
 * }</pre>
 */
public final class PortOneClient extends Services implements AutoCloseable {
    private static final int MAX_ANSWER = 32 << 20; // the gateway's own limit

    private final ManagedChannel plain;
    private final Asking asking;
    private final Calls calls;

    private PortOneClient(ManagedChannel plain, Builder b) {
        this.plain = plain;
        asking = new Asking(b.askAgainFor, b.attemptTimeout, b.credentials, reconnect(plain));
        calls = new Calls(ClientInterceptors.intercept(plain, asking), CallOptions.DEFAULT, null);
    }

    /** A client without credentials over plaintext, as to a sidecar. Like that of {@link #builder} it does not connect yet. */
    public static PortOneClient connect(String target) {
        return builder(target).build();
    }

    /** Begins a client of a target such as {@code 127.0.0.1:9090}, {@code dns:///gateway:9090} or {@code unix:///run/gateway.sock}. */
    public static Builder builder(String target) {
        return new Builder(Objects.requireNonNull(target, "target"));
    }

    /** The channel, for stubs of one's own. What they throw has a {@link PortOneException} among its causes. */
    public Channel channel() {
        return calls.channel();
    }

    @Override
    Calls calls() {
        return calls;
    }

    /** Ends the connections, and waits up to five seconds for calls that are being made. Those that take longer fail. */
    @Override
    public void close() {
        plain.shutdown();
        asking.timer.shutdown(); // calls that wait to ask again find the channel closed, and fail
        try {
            if (!plain.awaitTermination(5, TimeUnit.SECONDS)) {
                plain.shutdownNow();
            }
        } catch (InterruptedException e) {
            plain.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    /** Has the channel connect at once, though not more often than calls are first asked again. */
    private static Runnable reconnect(ManagedChannel channel) {
        long apart = TimeUnit.MILLISECONDS.toNanos(Rules.FIRST_WAIT_MS);
        AtomicLong latest = new AtomicLong(System.nanoTime() - apart);
        return () -> {
            long before = latest.get();
            long now = System.nanoTime();
            if (now - before >= apart && latest.compareAndSet(before, now)) {
                channel.resetConnectBackoff();
            }
        };
    }

    /** Says how to call the gateway. For use by one thread. */
    public static final class Builder {
        private final String target;
        private ChannelCredentials tls;
        private Credentials credentials;
        private boolean allowPlaintext;
        private Duration askAgainFor = Rules.ASK_AGAIN_FOR;
        private Duration attemptTimeout = Rules.ATTEMPT_TIMEOUT;
        private Consumer<ManagedChannelBuilder<?>> more = builder -> {};

        private Builder(String target) {
            this.target = target;
        }

        /** Who calls. Default: nobody, or who the certificate of {@link #tls} says. */
        public Builder credentials(Credentials credentials) {
            this.credentials = Objects.requireNonNull(credentials, "credentials");
            return this;
        }

        /** Secures the connection: {@code TlsChannelCredentials.create()}, or {@link Credentials#mutualTls}. Default: plaintext. */
        public Builder tls(ChannelCredentials tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /**
         * Lets credentials go over a connection without TLS to another machine, where something else secures it, such as a mesh. To loopback
         * and unix sockets they always may.
         */
        public Builder allowPlaintext() {
            allowPlaintext = true;
            return this;
        }

        /**
         * How long a call is asked again after its first failure, where the outcome is unknown or the gateway says so; never beyond the
         * caller's deadline. Default: one minute. Zero: not at all.
         */
        public Builder askAgainFor(Duration time) {
            if (time.isNegative()) {
                throw new IllegalArgumentException("askAgainFor is negative");
            }
            askAgainFor = time;
            return this;
        }

        /** How long one attempt may take. Default: 75 s, since the gateway waits 60 s for PortOne. */
        public Builder attemptTimeout(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("attemptTimeout must be more than zero");
            }
            attemptTimeout = time;
            return this;
        }

        /** Further settings of the channel, such as an executor or interceptors, which see each attempt. */
        public Builder channel(Consumer<ManagedChannelBuilder<?>> settings) {
            more = more.andThen(settings);
            return this;
        }

        /**
         * Makes the client.
         *
         * @throws IllegalStateException if credentials would go to another machine in clear text
         */
        public PortOneClient build() {
            boolean plaintext = tls == null || tls instanceof InsecureChannelCredentials;
            if (credentials != null && plaintext && !allowPlaintext && !Target.isLocal(target)) {
                throw new IllegalStateException(
                        "credentials would go to another machine in clear text: set tls or, behind a mesh, allowPlaintext");
            }
            ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(target, tls == null ? InsecureChannelCredentials.create() : tls);
            builder.maxInboundMessageSize(MAX_ANSWER);
            builder.disableRetry(); // asking again is done here, with the key and in time
            builder.disableServiceConfigLookUp();
            more.accept(builder);
            return new PortOneClient(builder.build(), this);
        }
    }
}
