package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.CancelPaymentResponse;
import com.github.portonegateway.portone.v2.GetAllPaymentsByCursorRequest;
import com.github.portonegateway.portone.v2.GetAllPaymentsByCursorResponse;
import com.github.portonegateway.portone.v2.GetPaymentsRequest;
import com.github.portonegateway.portone.v2.GetPaymentsResponse;
import com.github.portonegateway.portone.v2.PaymentServiceGrpc.PaymentServiceImplBase;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A server on loopback that answers as a test says. */
final class FakeGateway extends PaymentServiceImplBase implements ServerInterceptor, AutoCloseable {
    /** The metadata of all calls that came. */
    final List<Metadata> calls = new CopyOnWriteArrayList<>();

    /** What is cancelled by the caller. */
    final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();

    final BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
    final List<GetPaymentsRequest> pages = new CopyOnWriteArrayList<>();

    /** The status by the number of the call, beginning with 1; null: never an answer. */
    volatile Function<Integer, Status> cancelPayment = n -> Status.OK;

    volatile Function<GetPaymentsRequest, GetPaymentsResponse> getPayments;
    volatile Function<GetAllPaymentsByCursorRequest, GetAllPaymentsByCursorResponse> byCursor;
    private final Server server;

    FakeGateway() throws IOException {
        this(0, InsecureServerCredentials.create());
    }

    FakeGateway(int port, ServerCredentials credentials) throws IOException {
        server = Grpc.newServerBuilderForPort(port, credentials).addService(this).intercept(this).build().start();
    }

    int port() {
        return server.getPort();
    }

    String target() {
        return "127.0.0.1:" + port();
    }

    String arrival() throws InterruptedException {
        return arrived.poll(20, TimeUnit.SECONDS);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        calls.add(headers);
        return next.startCall(call, headers);
    }

    @Override
    public void cancelPayment(CancelPaymentRequest request, StreamObserver<CancelPaymentResponse> answer) {
        ((io.grpc.stub.ServerCallStreamObserver<?>) answer).setOnCancelHandler(() -> cancelled.add(request.getPaymentId()));
        Status status = cancelPayment.apply(calls.size());
        arrived.add(request.getPaymentId());
        if (status == null) {
            return;
        }
        if (!status.isOk()) {
            answer.onError(status.asRuntimeException());
            return;
        }
        answer.onNext(CancelPaymentResponse.getDefaultInstance());
        answer.onCompleted();
    }

    @Override
    public void getPayments(GetPaymentsRequest request, StreamObserver<GetPaymentsResponse> answer) {
        pages.add(request);
        answer.onNext(getPayments.apply(request));
        answer.onCompleted();
    }

    @Override
    public void getAllPaymentsByCursor(GetAllPaymentsByCursorRequest request, StreamObserver<GetAllPaymentsByCursorResponse> answer) {
        answer.onNext(byCursor.apply(request));
        answer.onCompleted();
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
