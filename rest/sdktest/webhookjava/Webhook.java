import io.portone.sdk.server.errors.WebhookVerificationException;
import io.portone.sdk.server.webhook.WebhookVerifier;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import kotlinx.serialization.json.Json;
import kotlinx.serialization.json.JsonElementKt;
import kotlinx.serialization.json.JsonObject;

/**
 * Verifies webhooks with PortOne's SDK for the JVM: a line of JSON each on standard input, and for
 * each a line "accepted" or "refused".
 */
public final class Webhook {
  private Webhook() {}

  public static void main(String[] arguments) throws Exception {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject each = (JsonObject) Json.Default.parseToJsonElement(line);
      JsonObject header = (JsonObject) each.get("header");
      try {
        new WebhookVerifier(text(each, "secret"))
            .verify(
                text(each, "body"),
                text(header, "webhook-id"),
                text(header, "webhook-signature"),
                text(header, "webhook-timestamp"));
        System.out.println("accepted");
      } catch (WebhookVerificationException refused) {
        System.out.println("refused");
      }
    }
  }

  private static String text(JsonObject object, String name) {
    return object.containsKey(name)
        ? JsonElementKt.getJsonPrimitive(object.get(name)).getContent()
        : null;
  }
}
