package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.PaymentServiceGrpc;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/** What a call costs beside a bare stub, against a server in the same process: run by hand, as README says. No test. */
final class OverheadBenchmark {
    private static final int CALLS = 4_000;
    private static final int ROUNDS = 7;

    private OverheadBenchmark() {}

    public static void main(String[] args) throws Exception {
        var request = CancelPaymentRequest.newBuilder().setPaymentId("payment-1").setAmount(100).setReason("benchmark").build();
        long begun = System.nanoTime();
        try (var gateway = new FakeGateway(); var client = PortOneClient.connect(gateway.target())) {
            var payments = client.payment();
            payments.cancelPayment(request);
            System.out.printf("first call after %d ms; JVM since %d ms%n", (System.nanoTime() - begun) / 1_000_000,
                    ManagementFactory.getRuntimeMXBean().getUptime());
            var plain = Grpc.newChannelBuilder(gateway.target(), InsecureChannelCredentials.create()).build();
            var bare = PaymentServiceGrpc.newBlockingStub(plain);
            double[][] us = new double[2][ROUNDS];
            for (int round = -2; round < ROUNDS; round++) {
                double bareUs = measure(() -> bare.cancelPayment(request), gateway);
                double ownUs = measure(() -> payments.cancelPayment(request), gateway);
                if (round >= 0) {
                    us[0][round] = bareUs;
                    us[1][round] = ownUs;
                }
            }
            plain.shutdownNow();
            Arrays.stream(us).forEach(Arrays::sort);
            System.out.printf("bare stub %.1f us, client %.1f us: medians of %d rounds of %d calls%n", us[0][ROUNDS / 2], us[1][ROUNDS / 2], ROUNDS, CALLS);
        }
    }

    private static double measure(Runnable call, FakeGateway gateway) {
        long begun = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        long took = System.nanoTime() - begun;
        gateway.calls.clear();
        gateway.arrived.clear();
        return took / 1e3 / CALLS;
    }
}
