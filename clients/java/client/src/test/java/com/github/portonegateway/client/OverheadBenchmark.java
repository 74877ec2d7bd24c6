package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.CancelPaymentResponse;
import com.github.portonegateway.portone.v2.PaymentServiceGrpc;
import com.sun.management.ThreadMXBean;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * What a call costs beside a bare stub; no test. Without arguments the answer comes from an interceptor, without a network. With {@code bare}
 * or {@code client}, the time of a new JVM's first call to a server in it.
 */
final class OverheadBenchmark {
    private static final int CALLS = 100_000;
    private static final int ROUNDS = 9;
    private static final CancelPaymentRequest REQUEST =
            CancelPaymentRequest.newBuilder().setPaymentId("payment-1").setAmount(100).setReason("benchmark").build();

    private OverheadBenchmark() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0) {
            first(args[0].equals("bare"));
            return;
        }
        var plain = Grpc.newChannelBuilder("127.0.0.1:1", InsecureChannelCredentials.create()).intercept(new Answering()).build();
        try (var client = PortOneClient.builder("127.0.0.1:1").channel(c -> c.intercept(new Answering())).build()) {
            var bare = PaymentServiceGrpc.newBlockingStub(plain);
            var payments = client.payment();
            double[] bareNs = new double[ROUNDS];
            double[] ownNs = new double[ROUNDS];
            for (int round = -3; round < ROUNDS; round++) {
                double b = nanos(() -> bare.cancelPayment(REQUEST));
                double o = nanos(() -> payments.cancelPayment(REQUEST));
                if (round >= 0) {
                    bareNs[round] = b;
                    ownNs[round] = o;
                }
            }
            Arrays.sort(bareNs);
            Arrays.sort(ownNs);
            System.out.printf("mutation: bare stub %.0f ns and %d bytes, client %.0f ns and %d bytes%n", bareNs[ROUNDS / 2],
                    bytes(() -> bare.cancelPayment(REQUEST)), ownNs[ROUNDS / 2], bytes(() -> payments.cancelPayment(REQUEST)));
        }
        plain.shutdownNow();
    }

    private static void first(boolean bare) throws Exception {
        try (var gateway = new FakeGateway()) {
            long begun = System.nanoTime();
            if (bare) {
                var plain = Grpc.newChannelBuilder(gateway.target(), InsecureChannelCredentials.create()).build();
                PaymentServiceGrpc.newBlockingStub(plain).cancelPayment(REQUEST);
                System.out.printf("bare stub: first call after %d ms%n", (System.nanoTime() - begun) / 1_000_000);
                plain.shutdownNow();
                return;
            }
            try (var client = PortOneClient.connect(gateway.target())) {
                client.payment().cancelPayment(REQUEST);
                System.out.printf("client: first call after %d ms%n", (System.nanoTime() - begun) / 1_000_000);
            }
        }
    }

    private static double nanos(Runnable call) {
        long begun = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        return (double) (System.nanoTime() - begun) / CALLS;
    }

    private static long bytes(Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / CALLS;
    }

    /** Answers at once. */
    private static final class Answering implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new ClientCall<Q, A>() {
                private Listener<A> listener;

                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    this.listener = listener;
                }

                @Override
                public void request(int messages) {}

                @Override
                public void cancel(String message, Throwable cause) {}

                @Override
                public void sendMessage(Q message) {}

                @Override
                @SuppressWarnings("unchecked") // the only method that is called
                public void halfClose() {
                    listener.onMessage((A) CancelPaymentResponse.getDefaultInstance());
                    listener.onClose(Status.OK, new Metadata());
                }
            };
        }
    }
}
