import com.github.portonegateway.client.OutcomeUnknownException;
import com.github.portonegateway.client.PaymentView;
import com.github.portonegateway.client.PortOneClient;
import com.github.portonegateway.client.PortOneException;
import com.github.portonegateway.portone.v2.CreatePlatformOrderTransferBodyOrderDetail;
import com.github.portonegateway.portone.v2.CreatePlatformOrderTransferRequest;
import com.github.portonegateway.portone.v2.ErrorReason;
import com.github.portonegateway.portone.v2.GetPaymentRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Enters what partners get for their orders: CSV on standard input with order, partner and payment id. Transfer ids and keys follow from the
 * order: run it as often as you like, nothing is settled twice. Ends with status 1 as long as something is open.
 */
public final class SettlementJob {
    public static void main(String[] args) throws IOException {
        boolean open = false;
        try (var client = PortOneClient.connect(args.length > 0 ? args[0] : "127.0.0.1:9090");
                var rows = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String row = rows.readLine(); row != null; row = rows.readLine()) {
                String[] cells = row.split(",", -1);
                String result = settle(client, cells[0], cells[1], cells[2]);
                System.out.println(cells[0] + " " + result);
                open |= result.startsWith("open");
            }
        }
        System.exit(open ? 1 : 0);
    }

    /** Settles one order. Returns what came of it. */
    static String settle(PortOneClient client, String order, String partner, String paymentId) {
        try {
            var payment = PaymentView.of(client.payment().getPayment(GetPaymentRequest.newBuilder().setPaymentId(paymentId).build()));
            if (!payment.statusText().equals("PAID")) {
                return "open: the payment is " + payment.statusText();
            }
            var detail = CreatePlatformOrderTransferBodyOrderDetail.newBuilder().setOrderAmount(payment.amount().orElseThrow().getTotal());
            var request = CreatePlatformOrderTransferRequest.newBuilder().setId("transfer-" + order).setPartnerId(partner)
                    .setPaymentId(paymentId).setOrderDetail(detail).build();
            client.platformTransfer().withKey("settlement-of-order-" + order).createPlatformOrderTransfer(request);
            return "settled";
        } catch (OutcomeUnknownException e) {
            return "open"; // the next run asks with the same key
        } catch (PortOneException e) {
            if (e.getReason() == ErrorReason.ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED) {
                return "settled"; // by an earlier run, whose key PortOne has forgotten
            }
            return "open: " + e.getMessage();
        }
    }
}
