package com.github.portonegateway.client.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A gateway with a sandbox in PortOne's place, for tests: {@code gateway --sandbox} on free ports of loopback. It ends by {@link #close()},
 * and with the JVM. {@link SandboxExtension} does both for JUnit.
 */
public final class Sandbox implements AutoCloseable {
    private static final Pattern COUNTER = Pattern.compile("\"([^\"]+)\"\\s*:\\s*(\\d+)");

    private final Process process;
    private final Map<String, String> places;
    private final Thread lastly;
    private final HttpClient http = HttpClient.newHttpClient();

    private Sandbox(Process process, Map<String, String> places, Thread lastly) {
        this.process = process;
        this.places = places;
        this.lastly = lastly;
    }

    /**
     * Starts a sandbox. The program is $PORTONE_GATEWAY; else {@code gateway} on PATH, if it is ours; else it is built by Go, which takes a
     * minute the first time.
     *
     * @param arguments further ones of the gateway, such as --sandbox-webhook-url=http://127.0.0.1:3000/
     * @throws IOException if there is no program, or it does not start
     */
    public static Sandbox start(String... arguments) throws IOException {
        Process process = GatewayProgram.start(arguments);
        Thread lastly = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(lastly);
        return new Sandbox(process, GatewayProgram.places(process), lastly);
    }

    /** Where gRPC is, host:port. */
    public String target() {
        return places.get("gRPC");
    }

    /** Where REST is, a URL. */
    public String rest() {
        return places.get("REST");
    }

    /** Begins anew, with the objects of the demo. */
    public void reset() throws IOException {
        call("POST", "reset", "{}");
    }

    /** Moves the sandbox's clock; what falls due on the way happens. */
    public void advance(Duration by) throws IOException {
        call("POST", "clock", "{\"advance\":\"" + by.toMillis() + "ms\"}");
    }

    /** What was carried out, and how often: payment.charged, payment.cancelled, ... Repeated answers do not count. */
    public Map<String, Long> counters() throws IOException {
        Map<String, Long> counters = new TreeMap<>();
        var found = COUNTER.matcher(call("GET", "counters", null));
        while (found.find()) {
            counters.put(found.group(1), Long.valueOf(found.group(2)));
        }
        return counters;
    }

    /** The latest webhooks and what became of them, as JSON. */
    public String webhooks() throws IOException {
        return call("GET", "webhooks", null);
    }

    /**
     * Calls the sandbox's control API, JSON in and out: {@code call("POST", "deposits", "{\"paymentId\":\"...\"}")}. GET of the empty path lists
     * what there is.
     *
     * @param body null for none
     * @throws IOException if the answer is not 200
     */
    public String call(String method, String path, String body) throws IOException {
        var publisher = body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        var request = HttpRequest.newBuilder(URI.create(places.get("sandbox") + path)).timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json").method(method, publisher).build();
        try {
            var answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
            }
            return answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Ends the gateway. */
    @Override
    public void close() {
        process.destroy();
        try {
            Runtime.getRuntime().removeShutdownHook(lastly);
        } catch (IllegalStateException e) {
            return; // the JVM ends, and the hook does the rest
        }
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
