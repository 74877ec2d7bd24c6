import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Makes a call with a retry policy for UNAVAILABLE, four attempts at most, and prints the code that
 * it ends with. Arguments: target, method, request in hexadecimal.
 */
class Retry {
  static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
    @Override public InputStream stream(byte[] value) { return new ByteArrayInputStream(value); }

    @Override public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  };

  public static void main(String[] args) throws Exception {
    Map<String, ?> policy = Map.of("maxAttempts", 4.0, "initialBackoff", "0.02s", "maxBackoff", "0.05s", "backoffMultiplier", 1.0,
        "retryableStatusCodes", List.of("UNAVAILABLE"));
    ManagedChannel channel = ManagedChannelBuilder.forTarget(args[0]).usePlaintext().enableRetry()
        .defaultServiceConfig(Map.of("methodConfig", List.of(Map.of("name", List.of(Map.of()), "retryPolicy", policy)))).build();
    MethodDescriptor<byte[], byte[]> method = MethodDescriptor.<byte[], byte[]>newBuilder().setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(args[1].substring(1)).setRequestMarshaller(BYTES).setResponseMarshaller(BYTES).build();
    try {
      ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS), HexFormat.of().parseHex(args[2]));
      System.out.println(0);
    } catch (StatusRuntimeException e) {
      System.out.println(e.getStatus().getCode().value());
    } finally {
      channel.shutdownNow();
    }
  }
}
