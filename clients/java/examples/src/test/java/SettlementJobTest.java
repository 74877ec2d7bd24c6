import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.client.PaymentView;
import com.github.portonegateway.client.PortOneClient;
import com.github.portonegateway.client.testing.Sandbox;
import com.github.portonegateway.client.testing.SandboxExtension;
import com.github.portonegateway.portone.v2.GetPaymentsRequest;
import com.github.portonegateway.portone.v2.GetPlatformPartnersRequest;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SandboxExtension.class)
class SettlementJobTest {
    @Test
    void anOrderIsSettledOnceHoweverOftenTheJobRuns(PortOneClient client, Sandbox sandbox) throws IOException {
        String partner = partner(client);
        String payment = payment(client, "PAID");
        long before = sandbox.counters().getOrDefault("platform.transfer.ordered", 0L);
        for (int run = 0; run < 3; run++) {
            assertEquals("settled", SettlementJob.settle(client, "order-1", partner, payment));
        }
        sandbox.advance(java.time.Duration.ofHours(4)); // the key is forgotten
        assertEquals("settled", SettlementJob.settle(client, "order-1", partner, payment));
        assertEquals(before + 1, sandbox.counters().get("platform.transfer.ordered"));
    }

    @Test
    void whatIsNotPaidStaysOpen(PortOneClient client) {
        String result = SettlementJob.settle(client, "order-2", partner(client), payment(client, "FAILED"));
        assertEquals("open: the payment is FAILED", result);
        result = SettlementJob.settle(client, "order-3", "nobody", payment(client, "PAID"));
        assertTrue(result.startsWith("open: NOT_FOUND PLATFORM_PARTNER_NOT_FOUND createPlatformOrderTransfer"), result);
    }

    private static String partner(PortOneClient client) {
        var all = client.platformPartner().getPlatformPartnersAll(GetPlatformPartnersRequest.getDefaultInstance());
        return all.findFirst().orElseThrow().getId();
    }

    private static String payment(PortOneClient client, String status) {
        return client.payment().getPaymentsAll(GetPaymentsRequest.getDefaultInstance()).map(PaymentView::of)
                .filter(payment -> payment.statusText().equals(status)).findFirst().flatMap(PaymentView::id).orElseThrow();
    }
}
