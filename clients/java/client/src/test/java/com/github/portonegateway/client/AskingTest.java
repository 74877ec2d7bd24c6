package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.PaymentServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Context;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the scenarios cannot see: the interceptor from inside the process. */
@Timeout(60)
class AskingTest {
    private static final CancelPaymentRequest REFUND = CancelPaymentRequest.newBuilder().setPaymentId("payment-1").setReason("test").build();
    private FakeGateway gateway;
    private PortOneClient client;

    @BeforeEach
    void start() throws IOException {
        gateway = new FakeGateway();
        client = PortOneClient.connect(gateway.target());
    }

    @AfterEach
    void stop() {
        client.close();
        gateway.close();
    }

    private Set<String> keys() {
        Set<String> keys = new HashSet<>();
        for (Metadata call : gateway.calls) {
            call.getAll(Rules.KEY).forEach(keys::add);
        }
        return keys;
    }

    @Test
    void everyAttemptHasTheSameNewKey() {
        gateway.cancelPayment = n -> n < 4 ? Status.INTERNAL : Status.OK;
        client.payment().cancelPayment(REFUND);
        assertEquals(4, gateway.calls.size());
        assertEquals(1, keys().size());
        assertTrue(keys().iterator().next().matches("[A-Z2-7]{26}"), () -> keys().toString());
    }

    @Test
    void bareStubsOnTheChannelAreAskedForToo() {
        gateway.cancelPayment = n -> n < 3 ? Status.UNKNOWN : Status.PERMISSION_DENIED;
        var stub = PaymentServiceGrpc.newBlockingStub(client.channel());
        var thrown = assertThrows(StatusRuntimeException.class, () -> stub.cancelPayment(REFUND));
        assertEquals(Status.Code.PERMISSION_DENIED, thrown.getStatus().getCode());
        assertEquals(keys(), Set.of(PortOneException.in(thrown).orElseThrow().getIdempotencyKey()));
        assertInstanceOf(OutcomeUnknownException.class, PortOneException.in(thrown).orElseThrow());
        gateway.cancelPayment = n -> Status.OK;
        stub.withOption(IdempotencyKey.OPTION, "key-of-a-bare-stub").cancelPayment(REFUND);
        assertTrue(keys().contains("key-of-a-bare-stub"));
    }

    @Test
    void keysThatAreNotAllowedDoNotLeave() {
        for (String key : new String[] {"", "too-short", "x".repeat(257), "주문-0123456789-abcdef", "quote\"0123456789", " 0123456789-abcdef", "back\\slash-0123456789"}) {
            var e = assertThrows(CallFailedException.class, () -> client.payment().withKey(key).cancelPayment(REFUND));
            assertEquals(Status.Code.INVALID_ARGUMENT, e.getCode());
            assertEquals(Retry.NEVER, e.getRetry());
            assertTrue(key.isEmpty() || !e.toString().contains(key), e::toString);
        }
        Metadata second = new Metadata();
        second.put(Rules.KEY, "another-key-of-the-caller");
        var twice = PaymentServiceGrpc.newBlockingStub(client.channel()).withOption(IdempotencyKey.OPTION, "a-key-of-the-caller")
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(second));
        assertThrows(StatusRuntimeException.class, () -> twice.cancelPayment(REFUND));
        var header = client.payment().withHeader("Idempotency-Key", "주문-0123456789-abcdef");
        assertThrows(CallFailedException.class, () -> header.cancelPayment(REFUND));
        var future = client.payment().withKey("short").cancelPaymentAsync(REFUND);
        assertInstanceOf(CallFailedException.class, assertThrows(ExecutionException.class, future::get).getCause());
        assertEquals(0, gateway.calls.size());
    }

    @Test
    void whoeverIsInterruptedWhileItWaitsHearsTheKey() throws Exception {
        gateway.cancelPayment = n -> Status.UNAVAILABLE;
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                client.payment().cancelPayment(REFUND);
            } catch (CallCancelledException e) {
                thrown.set(Thread.currentThread().isInterrupted() ? e : new AssertionError("not interrupted any more"));
            }
        });
        caller.start();
        for (int i = 0; i < 5; i++) {
            assertNotNull(gateway.arrival());
        }
        caller.interrupt();
        caller.join();
        assertEquals(keys(), Set.of(assertInstanceOf(CallCancelledException.class, thrown.get()).getIdempotencyKey()));
    }

    @Test
    void aContextThatIsCancelledEndsTheCall() throws Exception {
        gateway.cancelPayment = n -> n < 3 ? Status.UNAVAILABLE : null;
        var context = Context.current().withCancellation();
        Thread canceller = new Thread(() -> {
            try {
                for (int i = 0; i < 3; i++) {
                    gateway.arrival();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            context.cancel(null);
        });
        canceller.start();
        context.run(() -> assertThrows(CallCancelledException.class, () -> client.payment().cancelPayment(REFUND)));
        assertEquals("payment-1", gateway.cancelled.poll(20, TimeUnit.SECONDS), "the server is told");
    }

    @Test
    void aFutureThatIsGivenUpEndsTheCall() throws Exception {
        gateway.cancelPayment = n -> null;
        var future = client.payment().cancelPaymentAsync(REFUND);
        assertNotNull(gateway.arrival());
        future.cancel(true);
        assertEquals("payment-1", gateway.cancelled.poll(20, TimeUnit.SECONDS));
        client.payment().cancelPaymentAsync(REFUND).orTimeout(300, TimeUnit.MILLISECONDS);
        assertEquals("payment-1", gateway.cancelled.poll(20, TimeUnit.SECONDS));
    }

    @Test
    void aClientThatIsClosedLeavesNobodyWaiting() throws Exception {
        gateway.cancelPayment = n -> Status.UNAVAILABLE;
        var future = client.payment().cancelPaymentAsync(REFUND);
        for (int i = 0; i < 4; i++) {
            assertNotNull(gateway.arrival());
        }
        client.close();
        var thrown = assertThrows(ExecutionException.class, future::get);
        assertEquals(keys(), Set.of(assertInstanceOf(OutcomeUnknownException.class, thrown.getCause()).getIdempotencyKey()));
    }

    @Test
    void anOutcomeOnceUnknownStaysSo() {
        gateway.cancelPayment = n -> n == 1 ? Status.INTERNAL : Status.UNAUTHENTICATED;
        var e = assertThrows(OutcomeUnknownException.class, () -> client.payment().cancelPayment(REFUND));
        assertEquals(Status.Code.UNAUTHENTICATED, e.getCode());
        assertEquals(Retry.SAME, e.getRetry());
        assertEquals(2, gateway.calls.size());
    }

    @Test
    void theCallersDeadlineEndsTheAsking() {
        client.payment().cancelPayment(REFUND); // connects, which takes its time in a JVM that has just begun
        gateway.calls.clear();
        gateway.cancelPayment = n -> Status.UNAVAILABLE;
        var payments = client.payment().withTimeout(Duration.ofSeconds(4));
        var e = assertThrows(OutcomeUnknownException.class, () -> payments.cancelPayment(REFUND));
        assertEquals(1, keys().size());
        assertTrue(gateway.calls.size() > 1, () -> gateway.calls.size() + " attempts");
        assertEquals(keys(), Set.of(e.getIdempotencyKey()));
    }

    @Test
    void theStackIsTheCallers() {
        gateway.cancelPayment = n -> Status.UNIMPLEMENTED;
        var e = assertThrows(CallFailedException.class, () -> client.payment().cancelPayment(REFUND));
        assertTrue(Arrays.stream(e.getStackTrace()).anyMatch(f -> f.getClassName().startsWith(AskingTest.class.getName())));
    }

    /** An answer without a message says nothing of what was done; grpc-java notices that only above interceptors. */
    @Test
    void anAnswerWithoutAMessageIsNone() {
        ClientInterceptor swallow = new ClientInterceptor() {
            private int calls;

            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                boolean first = calls++ == 0;
                return new SimpleForwardingClientCall<Q, A>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata headers) {
                        super.start(new SimpleForwardingClientCallListener<A>(listener) {
                            @Override
                            public void onMessage(A message) {
                                if (!first) {
                                    super.onMessage(message);
                                }
                            }
                        }, headers);
                    }
                };
            }
        };
        try (var swallowing = PortOneClient.builder(gateway.target()).channel(c -> c.intercept(swallow)).build()) {
            swallowing.payment().cancelPayment(REFUND);
        }
        assertEquals(2, gateway.calls.size());
        assertEquals(1, keys().size());
    }

    @Test
    void aRequestThatIsNoneDoesNotLeave() {
        assertThrows(NullPointerException.class, () -> client.payment().cancelPayment(null));
        assertThrows(NullPointerException.class, () -> client.payment().cancelPaymentAsync(null));
        var unwritable = PaymentServiceGrpc.getCancelPaymentMethod().toBuilder(new Marshaller<CancelPaymentRequest>() {
            @Override
            public InputStream stream(CancelPaymentRequest request) {
                throw new IllegalStateException("too large");
            }

            @Override
            public CancelPaymentRequest parse(InputStream stream) {
                throw new UnsupportedOperationException();
            }
        }, PaymentServiceGrpc.getCancelPaymentMethod().getResponseMarshaller()).build();
        var thrown = assertThrows(StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(client.channel(), unwritable, CallOptions.DEFAULT, REFUND));
        var e = PortOneException.in(thrown).orElseThrow();
        assertEquals(Retry.NEVER, e.getRetry());
        assertFalse(e.isOutcomeUnknown());
        assertTrue(gateway.calls.size() <= 1, () -> gateway.calls.size() + " attempts");
    }

    /** By itself, grpc-java would wait longer and longer before it connects again. */
    @Test
    void theChannelConnectsBeforeEachFurtherAttempt() {
        gateway.cancelPayment = n -> n < 4 ? Status.UNAVAILABLE : Status.OK;
        AtomicInteger told = new AtomicInteger();
        var plain = Grpc.newChannelBuilder(gateway.target(), InsecureChannelCredentials.create()).build();
        var asking = new Asking(Duration.ofMinutes(1), Duration.ofMinutes(1), null, told::incrementAndGet);
        try {
            PaymentServiceGrpc.newBlockingStub(ClientInterceptors.intercept(plain, asking)).cancelPayment(REFUND);
        } finally {
            plain.shutdownNow();
            asking.timer.shutdownNow();
        }
        assertTrue(told.get() >= 3, () -> told + " times");
    }

    @Test
    void nothingIsAskedAgainWhereNothingShall() {
        gateway.cancelPayment = n -> Status.UNAVAILABLE;
        try (var once = PortOneClient.builder(gateway.target()).askAgainFor(Duration.ZERO).build()) {
            assertThrows(OutcomeUnknownException.class, () -> once.payment().cancelPayment(REFUND));
        }
        assertEquals(1, gateway.calls.size());
    }
}
