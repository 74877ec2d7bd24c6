package com.github.portonegateway.client.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.client.PaymentView;
import com.github.portonegateway.client.PortOneClient;
import com.github.portonegateway.portone.v2.CancelPaymentRequest;
import com.github.portonegateway.portone.v2.DownloadPlatformTransferSheetRequest;
import com.github.portonegateway.portone.v2.GetPaymentsRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@ExtendWith(SandboxExtension.class)
class SandboxTest {
    private static String paid(PortOneClient client) {
        return client.payment().getPaymentsAll(GetPaymentsRequest.getDefaultInstance()).map(PaymentView::of)
                .filter(payment -> payment.statusText().equals("PAID")).findFirst().flatMap(PaymentView::id).orElseThrow();
    }

    private static CancelPaymentRequest refund(String payment) {
        return CancelPaymentRequest.newBuilder().setPaymentId(payment).setAmount(10).setReason("test").build();
    }

    @Test
    void whatHappensIsCountedAndForgotten(Sandbox sandbox, PortOneClient client) throws IOException {
        long before = sandbox.counters().getOrDefault("payment.cancelled", 0L);
        client.payment().cancelPayment(refund(paid(client)));
        assertEquals(before + 1, sandbox.counters().get("payment.cancelled"));
        sandbox.advance(Duration.ofHours(1));
        assertTrue(sandbox.webhooks().startsWith("[") || sandbox.webhooks().startsWith("{"), sandbox.webhooks());
        sandbox.reset();
        assertEquals(before, sandbox.counters().getOrDefault("payment.cancelled", 0L));
        assertThrows(IOException.class, () -> sandbox.call("GET", "nothing-of-that-name", null));
    }

    @Test
    void filesCanBeDownloaded(PortOneClient client) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var download = client.platformTransfer().downloadPlatformTransferSheet(DownloadPlatformTransferSheetRequest.getDefaultInstance())) {
            download.writeTo(out);
        }
        assertTrue(out.toString(StandardCharsets.UTF_8).contains(","), () -> out.size() + " bytes");
    }

    @Test
    void unixSocketsWork(@TempDir Path folder) throws IOException {
        Path socket = folder.resolve("gateway.sock");
        try (var sandbox = Sandbox.start("--grpc-addr=unix://" + socket); var client = PortOneClient.connect("unix://" + socket)) {
            assertEquals("unix://" + socket, sandbox.target());
            client.payment().cancelPayment(refund(paid(client)));
        }
    }

    @Test
    void whatDoesNotStartSaysSo() {
        assertThrows(IOException.class, () -> Sandbox.start("--no-such-flag"));
    }
}
