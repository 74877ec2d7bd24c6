package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CredentialsTest {
    private static final CancelPaymentRequest REFUND = CancelPaymentRequest.newBuilder().setPaymentId("payment-1").build();

    private static List<String> sent(Credentials credentials, FakeGateway gateway) {
        try (var client = PortOneClient.builder(gateway.target()).credentials(credentials).build()) {
            client.payment().cancelPayment(REFUND);
        }
        return gateway.calls.stream().map(call -> call.get(Rules.AUTHORIZATION)).toList();
    }

    @Test
    void theyAreAskedForBeforeEachAttempt(@TempDir Path folder) throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (var gateway = new FakeGateway()) {
            gateway.cancelPayment = n -> n < 3 ? Status.UNAVAILABLE : Status.OK;
            var sent = sent(Credentials.token(() -> "token-" + asked.incrementAndGet()), gateway);
            assertEquals(List.of("Bearer token-1", "Bearer token-2", "Bearer token-3"), sent);
        }
        try (var gateway = new FakeGateway()) {
            assertEquals(List.of("PortOne pgw_1"), sent(Credentials.gatewayKey("pgw_1"), gateway));
        }
        Path file = Files.writeString(folder.resolve("token"), "from-a-file\n");
        try (var gateway = new FakeGateway()) {
            assertEquals(List.of("Bearer from-a-file"), sent(Credentials.tokenFile(file), gateway));
        }
    }

    @Test
    void withoutThemNothingLeaves() throws IOException {
        try (var gateway = new FakeGateway()) {
            for (String key : new String[] {"", "pgw_with a space", "pgw_line\nbreak", "열쇠"}) {
                var e = assertThrows(CallFailedException.class, () -> sent(Credentials.gatewayKey(key), gateway));
                assertEquals(Status.Code.UNAUTHENTICATED, e.getCode());
                for (Throwable t = e; t != null && !key.isEmpty(); t = t.getCause()) {
                    assertFalse(t.toString().contains(key), t::toString);
                }
            }
            assertEquals(0, gateway.calls.size());
        }
    }

    @Test
    void theyDoNotShow() {
        assertEquals("Credentials([redacted])", Credentials.gatewayKey("pgw_secret").toString());
    }

    /** The caller shows a certificate, made by openssl; skipped where there is none. */
    @Test
    void aCertificateSaysWhoCalls(@TempDir Path folder) throws Exception {
        File certificate = folder.resolve("certificate.pem").toFile();
        File key = folder.resolve("key.pem").toFile();
        try {
            Process openssl = new ProcessBuilder("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.getPath(), "-out", certificate.getPath())
                    .redirectErrorStream(true).redirectOutput(Redirect.DISCARD).start();
            assertEquals(0, openssl.waitFor());
        } catch (IOException e) {
            assumeTrue(false, "no openssl");
        }
        var tls = TlsServerCredentials.newBuilder().keyManager(certificate, key).trustManager(certificate)
                .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE).build();
        Path shown = certificate.toPath();
        try (var gateway = new FakeGateway(0, tls)) {
            try (var client = PortOneClient.builder(gateway.target()).tls(Credentials.mutualTls(shown, key.toPath(), shown)).build()) {
                client.payment().cancelPayment(REFUND);
            }
            var nobody = TlsChannelCredentials.newBuilder().trustManager(certificate).build();
            try (var client = PortOneClient.builder(gateway.target()).tls(nobody).askAgainFor(Duration.ZERO).build()) {
                assertThrows(OutcomeUnknownException.class, () -> client.payment().cancelPayment(REFUND));
            }
            assertEquals(1, gateway.calls.size());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:9090", "127.9.9.9:1", "localhost:9090", "[::1]:9090", "dns:///localhost:9090", "unix:///run/x.sock"})
    void plaintextOnThisMachineIsAllowed(String target) {
        PortOneClient.builder(target).credentials(Credentials.gatewayKey("pgw_1")).build().close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1:9090", "gateway:9090", "dns:///gateway:9090", "localhost.evil.example:9090", "127.0.0.1.evil.example:1", "dns:///127.evil:1"})
    void plaintextElsewhereIsNot(String target) {
        var builder = PortOneClient.builder(target).credentials(Credentials.gatewayKey("pgw_1"));
        assertThrows(IllegalStateException.class, builder::build);
        assertThrows(IllegalStateException.class, builder.tls(InsecureChannelCredentials.create())::build);
        builder.tls(TlsChannelCredentials.create()).build().close();
        PortOneClient.builder(target).credentials(Credentials.gatewayKey("pgw_1")).allowPlaintext().build().close();
    }
}
