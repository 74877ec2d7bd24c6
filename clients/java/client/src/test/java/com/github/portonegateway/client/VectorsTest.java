package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.portone.v2.PgDecline;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Takes every failed call of clients/vectors.json. */
class VectorsTest {
    @TestFactory
    Stream<DynamicTest> vectors() throws IOException {
        var cases = JsonParser.parseString(Files.readString(Path.of("../../vectors.json"))).getAsJsonObject().getAsJsonArray("cases");
        assertTrue(cases.size() > 50, "only " + cases.size() + " cases");
        return cases.asList().stream().map(JsonElement::getAsJsonObject)
                .map(c -> DynamicTest.dynamicTest(c.get("name").getAsString(), () -> check(c)));
    }

    private static void check(JsonObject c) {
        Metadata trailers = new Metadata();
        if (c.has("status")) {
            trailers.put(Rules.DETAILS, Base64.getDecoder().decode(c.get("status").getAsString()));
        }
        boolean mutation = c.get("mutation").getAsBoolean();
        Status status = Status.fromCode(Status.Code.valueOf(c.get("code").getAsString())).withDescription(c.get("message").getAsString());
        Failure failure = Failure.of(status, null, trailers, mutation, mutation ? "key-of-the-vectors-1" : "");
        PortOneException e = failure.exception();
        Map<String, Object> want = new TreeMap<>();
        for (var member : c.getAsJsonObject("want").entrySet()) {
            want.put(member.getKey(), value(member.getValue()));
        }
        assertEquals(want, taken(e, failure.asksAgain()));
        assertInstanceOf(StatusRuntimeException.class, e.getCause());
        assertTrue(e.getMessage().startsWith(c.get("code").getAsString()), e::getMessage);
        assertTrue(!e.toString().contains("key-of-the-vectors-1"), e::toString);
    }

    private static Object value(JsonElement value) {
        var primitive = value.getAsJsonPrimitive();
        return primitive.isBoolean() ? (Object) primitive.getAsBoolean() : primitive.isNumber() ? primitive.getAsLong() : primitive.getAsString();
    }

    /** How an exception is taken; without what is empty, except for what every case has. */
    private static Map<String, Object> taken(PortOneException e, boolean asksAgain) {
        Map<String, Object> taken = new TreeMap<>();
        taken.put("type", e.getType());
        taken.put("reason", bare(e.getReason().name(), "ERROR_REASON_"));
        taken.put("gatewayReason", bare(e.getGatewayReason().name(), "GATEWAY_REASON_"));
        taken.put("operation", e.getOperation());
        taken.put("idempotencyKey", e.getIdempotencyKey());
        taken.put("retryAfterMs", e.getRetryAfter().toMillis());
        taken.put("truncated", e.isTruncated());
        taken.put("decline", e.getDecline().map(PgDecline::getReason).map(r -> bare(r.name(), "DECLINE_REASON_")).orElse(""));
        taken.put("nextStep", e.getDecline().map(PgDecline::getNextStep).map(s -> bare(s.name(), "DECLINE_NEXT_STEP_")).orElse(""));
        taken.put("data", e.getData().map(d -> d.getDescriptorForType().getFullName()).orElse(""));
        taken.put("localizedMessage", e.getLocalizedText());
        taken.put("outcomeUnknown", e.isOutcomeUnknown());
        taken.put("outcomeUnclear", e.isOutcomeUnclear());
        taken.values().removeIf(v -> v.equals("") || v.equals(0L) || v.equals(false));
        taken.put("retry", e.getRetry().name().toLowerCase());
        taken.put("asksAgain", asksAgain);
        return taken;
    }

    static String bare(String name, String prefix) {
        return name.equals(prefix + "UNSPECIFIED") ? "" : name.substring(prefix.length());
    }
}
