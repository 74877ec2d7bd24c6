package com.github.portonegateway.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How calls are made: over which channel, with which options.
 *
 * @param timeout of each call; null for none
 */
record Calls(Channel channel, CallOptions options, Duration timeout) {
    Calls withKey(String key) {
        return new Calls(channel, options.withOption(IdempotencyKey.OPTION, key), timeout);
    }

    Calls withTimeout(Duration timeout) {
        return new Calls(channel, options, timeout);
    }

    Calls withHeader(String name, String value) {
        if (name.equalsIgnoreCase(Rules.KEY.name())) {
            return withKey(value); // metadata would make other characters than ASCII question marks, and two keys one
        }
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return new Calls(ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)), options, timeout);
    }

    <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
        try {
            return ClientCalls.blockingUnaryCall(channel, method, timed(), request);
        } catch (StatusRuntimeException e) {
            throw meant(e);
        }
    }

    <Q, A> CompletableFuture<A> callAsync(MethodDescriptor<Q, A> method, Q request) {
        ClientCall<Q, A> call = channel.newCall(method, timed());
        CompletableFuture<A> future = new CompletableFuture<>();
        ClientCalls.asyncUnaryCall(call, request, new StreamObserver<A>() {
            private A answer;

            @Override
            public void onNext(A message) {
                answer = message;
            }

            @Override
            public void onError(Throwable thrown) {
                future.completeExceptionally(thrown instanceof StatusRuntimeException e ? meant(e) : thrown);
            }

            @Override
            public void onCompleted() {
                future.complete(answer);
            }
        });
        future.whenComplete((answer, thrown) -> {
            if (thrown != null && !(thrown instanceof PortOneException)) { // cancelled, or orTimeout
                call.cancel("the caller gave the future up", thrown);
            }
        });
        return future;
    }

    <Q> Download download(MethodDescriptor<Q, com.google.api.HttpBody> method, Q request) {
        ClientCall<Q, com.google.api.HttpBody> call = channel.newCall(method, timed());
        return new Download(call, ClientCalls.blockingServerStreamingCall(call, request));
    }

    private CallOptions timed() {
        return timeout == null ? options : options.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** What an exception of grpc-java means, with the stack of the thread that called. */
    static RuntimeException meant(StatusRuntimeException thrown) {
        Throwable cause = thrown.getStatus().getCause();
        if (cause instanceof PortOneException || cause instanceof CallCancelledException) {
            cause.setStackTrace(thrown.getStackTrace());
            return (RuntimeException) cause;
        }
        return thrown;
    }
}
