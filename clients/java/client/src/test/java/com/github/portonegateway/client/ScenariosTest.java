package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Runs clients/scenarios.json, by calls that wait and by futures. Prints the table. */
@Tag("scenarios")
class ScenariosTest {
    private static Bench bench;

    @BeforeAll
    static void start() throws IOException {
        bench = new Bench();
    }

    @AfterAll
    static void stop() throws IOException {
        bench.close();
    }

    @TestFactory
    List<DynamicTest> waiting() throws IOException {
        return scenarios(false);
    }

    @TestFactory
    List<DynamicTest> futures() throws IOException {
        return scenarios(true);
    }

    private static List<DynamicTest> scenarios(boolean async) throws IOException {
        var all = JsonParser.parseString(Files.readString(Path.of("../../scenarios.json"))).getAsJsonObject().getAsJsonArray("scenarios");
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonElement scenario : all) {
            tests.add(DynamicTest.dynamicTest(scenario.getAsJsonObject().get("name").getAsString(), () -> check(scenario.getAsJsonObject(), async)));
        }
        assertTrue(tests.size() > 30, "only " + tests.size() + " scenarios");
        return tests;
    }

    private static void check(JsonObject scenario, boolean async) throws Exception {
        var runner = new ScenarioRunner(bench, bench.control("POST", "/begin"), async);
        List<String> outcomes = new ArrayList<>();
        boolean ok = false;
        try {
            for (JsonElement step : scenario.getAsJsonArray("calls")) {
                JsonObject got = runner.run(step.getAsJsonObject());
                outcomes.add(got.has("class") ? got.get("class").getAsString() : "ok");
                compare(step.getAsJsonObject().get("want"), got);
            }
            ok = true;
        } finally {
            JsonObject result = bench.control("GET", "/result");
            System.out.printf("%-58s %-7s %-28s attempts %2d charges %d refunds %d%n", scenario.get("name").getAsString(),
                    async ? "future" : "waiting", String.join(", ", outcomes), result.get("attempts").getAsInt(),
                    result.get("charges").getAsInt(), result.get("refunds").getAsInt());
            if (ok) {
                counted(scenario.getAsJsonObject("want"), result);
            }
        }
    }

    private static void compare(JsonElement want, JsonObject got) {
        if (want.isJsonPrimitive()) { // "ok"
            assertTrue(!got.has("class"), () -> "failed: " + got);
            return;
        }
        assertEquals(want.getAsJsonObject().has("class"), got.has("class"), () -> "came to " + got);
        assertTrue(contains(got, want), () -> "came to " + got + ", want " + want);
    }

    /** Whether a value is as wanted; of an object, the members that are wanted. */
    private static boolean contains(JsonElement got, JsonElement want) {
        if (got == null || !want.isJsonObject()) {
            return want.equals(got) || want.isJsonPrimitive() && got != null && want.getAsString().equals(got.getAsString());
        }
        return want.getAsJsonObject().entrySet().stream().allMatch(m -> contains(got.getAsJsonObject().get(m.getKey()), m.getValue()));
    }

    private static void counted(JsonObject want, JsonObject result) {
        for (String name : List.of("charges", "refunds", "keys")) {
            if (want.has(name)) {
                assertEquals(want.get(name).getAsInt(), result.get(name).getAsInt(), name);
            }
        }
        if (want.has("attempts")) {
            JsonElement attempts = want.get("attempts");
            int least = attempts.isJsonArray() ? attempts.getAsJsonArray().get(0).getAsInt() : attempts.getAsInt();
            int most = attempts.isJsonArray() ? attempts.getAsJsonArray().get(1).getAsInt() : least;
            int made = result.get("attempts").getAsInt();
            assertTrue(made >= least && made <= most, made + " attempts, want " + attempts);
        }
    }
}
