import com.github.portonegateway.portone.events.v1.AckRequest;
import com.github.portonegateway.portone.events.v1.Delivery;
import com.github.portonegateway.portone.events.v1.EventServiceGrpc;
import com.github.portonegateway.portone.events.v1.EventServiceGrpc.EventServiceBlockingStub;
import com.github.portonegateway.portone.events.v1.Filter;
import com.github.portonegateway.portone.events.v1.PutSubscriptionRequest;
import com.github.portonegateway.portone.events.v1.SubscribeRequest;
import com.github.portonegateway.portone.events.v1.SubscribeResponse;
import com.github.portonegateway.portone.events.v1.Subscription;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;

/**
 * A consumer of events: it books payments that were paid.
 *
 * <pre>
 * gateway protos protos && mvn package
 * java -cp 'target/classes:target/dependency/*' Consumer 127.0.0.1:9090
 * </pre>
 */
public final class Consumer {
  private static final String NAME = "ledger-java";

  private Consumer() {}

  public static void main(String[] arguments) throws InterruptedException {
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create()).build();
    EventServiceBlockingStub events = EventServiceGrpc.newBlockingStub(channel);
    while (true) {
      try {
        consume(events);
      } catch (StatusRuntimeException ended) {
        // Whatever ended it, the gateway still has what was not acknowledged.
        System.err.println(ended.getStatus());
      }
      Thread.sleep(1000);
    }
  }

  private static void consume(EventServiceBlockingStub events) {
    Subscription subscription =
        Subscription.newBuilder()
            .setName(NAME)
            .setFilter(Filter.newBuilder().addTypes("Transaction.*"))
            .build();
    events.putSubscription(
        PutSubscriptionRequest.newBuilder().setSubscription(subscription).build());
    Iterator<SubscribeResponse> messages =
        events.subscribe(SubscribeRequest.newBuilder().setSubscription(NAME).build());
    while (messages.hasNext()) {
      SubscribeResponse message = messages.next();
      if (!message.hasDelivery()) {
        continue; // a heartbeat
      }
      Delivery delivery = message.getDelivery();
      book(delivery);
      events.ack(
          AckRequest.newBuilder().setSubscription(NAME).addAckIds(delivery.getAckId()).build());
    }
  }

  /** Must do nothing if the event's id was booked before: events come at least once. */
  private static void book(Delivery delivery) {
    System.out.println(
        "handled "
            + delivery.getEvent().getId()
            + " "
            + delivery.getEvent().getTransaction().getPaymentId());
  }
}
