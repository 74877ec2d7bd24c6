package com.github.portonegateway.client;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.Currency;
import com.github.portonegateway.portone.v2.GetAllPaymentsByCursorRequest;
import com.github.portonegateway.portone.v2.GetPaymentRequest;
import com.github.portonegateway.portone.v2.GetPaymentsRequest;
import com.github.portonegateway.portone.v2.PageInput;
import com.github.portonegateway.portone.v2.PayWithBillingKeyRequest;
import com.github.portonegateway.portone.v2.PaymentAmountInput;
import com.github.portonegateway.portone.v2.PgDecline;
import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;

/** Makes the calls of one scenario of clients/scenarios.json. */
final class ScenarioRunner {
    private final Bench bench;
    private final JsonObject scene;
    private final boolean async;
    private String last; // the key of the last error, or the last given

    /** @param async whether calls are made by futures */
    ScenarioRunner(Bench bench, JsonObject scene, boolean async) {
        this.bench = bench;
        this.scene = scene;
        this.async = async;
    }

    /** Makes a call. Returns what it came to, with the names of scenarios.json. */
    JsonObject run(JsonObject step) throws Exception {
        var builder = PortOneClient.builder(bench.target).askAgainFor(Duration.ofMillis(number(step, "askAgainForMs").orElse(15_000L)));
        number(step, "attemptMs").ifPresent(ms -> builder.attemptTimeout(Duration.ofMillis(ms)));
        try (var client = builder.build()) {
            return call(with(client.payment(), step), step);
        }
    }

    private PaymentServiceClient with(PaymentServiceClient payments, JsonObject step) {
        if (step.has("metadata")) {
            for (var member : step.getAsJsonObject("metadata").entrySet()) {
                payments = payments.withHeader(member.getKey(), member.getValue().getAsString());
            }
        }
        if (step.has("key")) {
            String key = step.get("key").getAsString();
            last = key.equals("last") ? last : key;
            payments = payments.withKey(last);
        }
        Optional<Long> deadline = number(step, "deadlineMs");
        return deadline.isPresent() ? payments.withTimeout(Duration.ofMillis(deadline.get())) : payments;
    }

    private JsonObject call(PaymentServiceClient payments, JsonObject step) throws Exception {
        Thread caller = Thread.currentThread();
        CompletableFuture<?> arrived = new CompletableFuture<>();
        if (step.has("cancelOnArrival")) {
            new Thread(() -> {
                try {
                    bench.control("GET", "/arrived");
                    arrived.complete(null);
                    if (!async) {
                        caller.interrupt();
                    }
                } catch (Exception e) {
                    arrived.completeExceptionally(e);
                }
            }).start();
        }
        try {
            return make(payments, step, arrived);
        } catch (PortOneException e) {
            return failed(e);
        } catch (CancellationException e) {
            if (!async && !Thread.interrupted()) {
                throw new AssertionError("the thread is not interrupted any more");
            }
            JsonObject got = new JsonObject();
            got.addProperty("class", "cancelled");
            return got;
        }
    }

    private JsonObject make(PaymentServiceClient payments, JsonObject step, CompletableFuture<?> arrived) throws Exception {
        return switch (step.get("do").getAsString()) {
            case "pay" -> {
                answer(arrived, payments::payWithBillingKey, payments::payWithBillingKeyAsync, payment(number(step, "amount").orElse(1000L)));
                yield new JsonObject();
            }
            case "refund" -> {
                var request = CancelPaymentRequest.newBuilder().setPaymentId(text("paidPaymentId")).setAmount(100).setReason("scenario");
                answer(arrived, payments::cancelPayment, payments::cancelPaymentAsync, request.build());
                yield new JsonObject();
            }
            case "get" -> get(payments, text(step.has("of") ? step.get("of").getAsString() : "paidPaymentId"), arrived);
            case "list" -> {
                var page = PageInput.newBuilder().setSize(step.get("size").getAsInt());
                var all = payments.getPaymentsAll(GetPaymentsRequest.newBuilder().setPage(page).build());
                yield list(payments, step, all.map(PaymentView::of));
            }
            case "listByCursor" -> {
                var request = GetAllPaymentsByCursorRequest.newBuilder().setSize(step.get("size").getAsInt());
                yield list(payments, step, payments.getAllPaymentsByCursorAll(request.build()).map(p -> PaymentView.of(p.getPayment())));
            }
            default -> throw new IllegalArgumentException("the runner cannot " + step.get("do"));
        };
    }

    private <Q, A> A answer(CompletableFuture<?> arrived, Function<Q, A> call, Function<Q, CompletableFuture<A>> callAsync, Q request)
            throws Exception {
        if (!async) {
            return call.apply(request);
        }
        CompletableFuture<A> future = callAsync.apply(request);
        arrived.thenRun(() -> future.cancel(true));
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof PortOneException p ? p : e;
        }
    }

    private PayWithBillingKeyRequest payment(long amount) {
        return PayWithBillingKeyRequest.newBuilder().setPaymentId(text("paymentId")).setBillingKey(text("billingKey"))
                .setChannelKey(text("channelKey")).setOrderName("scenario").setCurrency(Currency.CURRENCY_KRW)
                .setAmount(PaymentAmountInput.newBuilder().setTotal(amount)).build();
    }

    private JsonObject get(PaymentServiceClient payments, String id, CompletableFuture<?> arrived) throws Exception {
        var request = GetPaymentRequest.newBuilder().setPaymentId(id).build();
        var payment = answer(arrived, payments::getPayment, payments::getPaymentAsync, request);
        JsonObject got = new JsonObject();
        got.addProperty("status", PaymentView.of(payment).status().name().substring("PAYMENT_STATUS_".length()));
        got.add("unrecognized", new Gson().toJsonTree(Map.copyOf(payment.getUnrecognizedMap())));
        got.add("unrecognizedOfCase", new Gson().toJsonTree(Map.copyOf(payment.getPaid().getUnrecognizedMap())));
        return got;
    }

    private JsonObject list(PaymentServiceClient payments, JsonObject step, Stream<PaymentView> all) {
        Set<String> seen = new HashSet<>();
        all.forEach(payment -> {
            if (step.has("payAfterFirstItem") && seen.isEmpty()) {
                payments.payWithBillingKey(payment(1000));
            }
            seen.add(payment.id().orElseThrow());
        });
        JsonObject got = new JsonObject();
        got.addProperty("items", seen.size());
        return got;
    }

    private JsonObject failed(PortOneException e) {
        if (!e.getIdempotencyKey().isEmpty()) {
            last = e.getIdempotencyKey();
        }
        JsonObject got = new JsonObject();
        got.addProperty("code", e.getCode().name());
        got.addProperty("type", e.getType());
        got.addProperty("key", !e.getIdempotencyKey().isEmpty());
        got.addProperty("reason", VectorsTest.bare(e.getReason().name(), "ERROR_REASON_"));
        got.addProperty("gatewayReason", VectorsTest.bare(e.getGatewayReason().name(), "GATEWAY_REASON_"));
        got.addProperty("decline", e.getDecline().map(PgDecline::getReason).map(r -> VectorsTest.bare(r.name(), "DECLINE_REASON_")).orElse(""));
        got.addProperty("nextStep", e.getDecline().map(PgDecline::getNextStep).map(s -> VectorsTest.bare(s.name(), "DECLINE_NEXT_STEP_")).orElse(""));
        got.addProperty("outcomeUnknown", e.isOutcomeUnknown());
        got.addProperty("outcomeUnclear", e.isOutcomeUnclear());
        got.addProperty("retry", e.getRetry().name().toLowerCase());
        got.addProperty("class", e instanceof OutcomeUnknownException ? "outcome_unknown" : e instanceof OutcomeUnclearException
                ? "outcome_unclear" : e instanceof DeclinedException ? "declined" : "error");
        return got;
    }

    private String text(String name) {
        return scene.get(name).getAsString();
    }

    private static Optional<Long> number(JsonObject step, String name) {
        return step.has(name) ? Optional.of(step.get(name).getAsLong()) : Optional.empty();
    }
}
