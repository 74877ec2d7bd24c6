import io.portone.sdk.server.PortOneClient;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Uses PortOne's SDK for the JVM against the URL of the arguments, where the clock shows the time
 * of the arguments, and prints the name of each case that passes.
 */
public final class Client {
  // A gateway with a policy wants a key of its own in its place.
  static final String SECRET = System.getenv().getOrDefault("SDK_SECRET", "a-secret-of-the-sdk");

  private Client() {}

  public static void main(String[] arguments) throws Exception {
    String url = arguments[0];
    Check check = new Check(Instant.parse(arguments[1]));
    try (PortOneClient client = new PortOneClient(SECRET, url, null)) {
      for (Map.Entry<String, Case> entry : cases(client, url, check).entrySet()) {
        entry.getValue().run();
        System.out.println(entry.getKey());
      }
    } catch (Throwable failure) {
      failure.printStackTrace();
      System.exit(1);
    }
    System.exit(0); // without it the threads of the HTTP client's pool would be waited for
  }

  private static Map<String, Case> cases(PortOneClient client, String url, Check check) {
    Shop shop = new Shop(client, url, check);
    Platform platform = new Platform(client, check);
    Errors errors = new Errors(client.getPayment());
    Map<String, Case> cases = new LinkedHashMap<>();
    cases.put("pay by card", shop::payByCard);
    cases.put("get a payment", shop::getAPayment);
    cases.put("list payments", shop::listPayments);
    cases.put("cancel in part, then the rest", shop::cancelInPartThenTheRest);
    cases.put("pay with a billing key", shop::payWithABillingKey);
    cases.put("schedule payments and revoke them", shop::scheduleAndRevoke);
    cases.put("verify an identity", platform::verifyAnIdentity);
    cases.put("partners of a platform, and their contract", platform::partners);
    cases.put("transfers, and a file of them", platform::transfers);
    cases.put("ids with everything in them", shop::anyId);
    cases.put("an amount as large as the language has it", shop::largeAmount);
    cases.put("another store", shop::anotherStore);
    cases.put("typed errors", errors::typed);
    cases.put("an error type that the SDK does not know", errors::unknown);
    return cases;
  }

  /** One thing that the program does. */
  interface Case {
    void run() throws Exception;
  }
}
