package com.github.portonegateway.client;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** internal/clientbench as a process, which clients/DESIGN.md describes. */
final class Bench implements AutoCloseable {
    final String target;
    private final String control;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();

    /** Starts $PORTONE_CLIENTBENCH; else Go builds and runs it. */
    Bench() throws IOException {
        String program = System.getenv("PORTONE_CLIENTBENCH");
        ProcessBuilder command = program != null ? new ProcessBuilder(program) : new ProcessBuilder("go", "run", "./internal/clientbench");
        process = command.directory(new File("../../..")).redirectError(Redirect.INHERIT).start();
        var line = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null) {
            throw new IOException("the bench did not start; its standard error says why");
        }
        JsonObject said = JsonParser.parseString(line).getAsJsonObject();
        target = said.get("target").getAsString();
        control = said.get("control").getAsString();
    }

    JsonObject control(String method, String path) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(control + path)).timeout(Duration.ofMinutes(1))
                .method(method, BodyPublishers.noBody()).build();
        var answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
        }
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close(); // it ends then
        try {
            if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
