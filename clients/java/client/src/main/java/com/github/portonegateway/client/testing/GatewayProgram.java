package com.github.portonegateway.client.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.TimeUnit;

/** Finds the gateway's program, and starts it. */
final class GatewayProgram {
    private static final String MODULE = "github.com/portone-gateway/portone-gateway";
    private static final long START_MS = 60_000;
    private static final Set<String> PLACES = Set.of("gRPC", "REST", "admin", "sandbox");
    private static Path built; // guarded by the class

    private GatewayProgram() {}

    static Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(find(), "--sandbox", "--log-level=error"));
        for (String name : List.of("grpc", "http", "admin", "sandbox")) {
            command.add("--" + name + "-addr=127.0.0.1:0");
        }
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    }

    /** Reads where everything is from what the gateway says when it starts. */
    static Map<String, String> places(Process process) throws IOException {
        Map<String, String> places = new HashMap<>();
        var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Timer late = new Timer("portone-gateway-start", true);
        late.schedule(new TimerTask() {
            @Override
            public void run() {
                process.destroyForcibly();
            }
        }, START_MS);
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.strip().split("\\s+");
                if (words.length >= 2 && PLACES.contains(words[0])) {
                    places.put(words[0], words[1]);
                }
                if (places.containsKey("sandbox")) {
                    drain(lines);
                    return places;
                }
            }
        } finally {
            late.cancel();
        }
        process.destroyForcibly();
        throw new IOException("the gateway did not start; its standard error says why");
    }

    private static void drain(BufferedReader lines) {
        Thread thread = new Thread(() -> {
            try {
                lines.transferTo(java.io.Writer.nullWriter());
            } catch (IOException closed) {
                // the gateway has ended
            }
        }, "portone-gateway-output");
        thread.setDaemon(true);
        thread.start();
    }

    private static String find() throws IOException {
        String named = System.getenv("PORTONE_GATEWAY");
        if (named != null && !named.isEmpty()) {
            return named;
        }
        String onPath = onPath("gateway");
        if (onPath != null && isOurs(onPath)) {
            return onPath;
        }
        String go = onPath("go");
        if (go == null) {
            throw new IOException("there is no gateway: set PORTONE_GATEWAY to the program, put it on PATH, or install Go, which builds it");
        }
        return build(go);
    }

    private static String onPath(String program) {
        String path = System.getenv("PATH");
        for (String folder : path == null ? new String[0] : path.split(File.pathSeparator)) {
            for (String name : new String[] {program, program + ".exe"}) {
                File file = new File(folder, name);
                if (file.isFile() && file.canExecute()) {
                    return file.getPath();
                }
            }
        }
        return null;
    }

    private static boolean isOurs(String program) {
        try {
            Process process = new ProcessBuilder(program, "version").redirectError(Redirect.DISCARD).start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(10, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly();
                return false;
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).startsWith("portone-gateway");
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Builds the gateway once: of the checkout that this folder is in, else the newest that there is. */
    private static synchronized String build(String go) throws IOException {
        if (built != null) {
            return built.toString();
        }
        Path folder = Files.createTempDirectory("portone-gateway-");
        Path program = folder.resolve("gateway");
        program.toFile().deleteOnExit();
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path module = at.resolve("go.mod");
            if (Files.isRegularFile(module) && Files.readString(module).startsWith("module " + MODULE + "\n")) {
                run(new ProcessBuilder(go, "build", "-o", program.toString(), "./cmd/gateway").directory(at.toFile()));
                built = program;
                return program.toString();
            }
        }
        ProcessBuilder install = new ProcessBuilder(go, "install", MODULE + "/cmd/gateway@latest");
        install.environment().put("GOBIN", folder.toString());
        run(install);
        built = program;
        return program.toString();
    }

    private static void run(ProcessBuilder command) throws IOException {
        Process process = command.redirectOutput(Redirect.DISCARD).redirectError(Redirect.INHERIT).start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException("building the gateway failed; its standard error says why");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
