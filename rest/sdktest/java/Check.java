import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What cases find out about answers. */
final class Check {
  final Instant now;

  Check(Instant now) {
    this.now = now;
  }

  /** The time after the hours given. */
  Instant after(int hours) {
    return now.plus(Duration.ofHours(hours));
  }

  void isNow(Instant time) {
    equal(time, now);
  }

  static void equal(Object got, Object want) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError(got + " instead of " + want);
    }
  }

  /** Checks that a value is of a type, and returns it as such. */
  static <T> T isA(Class<T> type, Object value) {
    if (!type.isInstance(value)) {
      throw new AssertionError(value + " is no " + type.getSimpleName());
    }
    return type.cast(value);
  }

  /** Checks that a call fails with an exception, and returns it. */
  static <T extends Throwable> T fails(Class<T> type, CompletableFuture<?> call) throws InterruptedException {
    try {
      throw new AssertionError(call.get() + " instead of " + type.getSimpleName());
    } catch (ExecutionException failure) {
      if (!type.isInstance(failure.getCause())) {
        throw new AssertionError("instead of " + type.getSimpleName(), failure.getCause());
      }
      return type.cast(failure.getCause());
    }
  }
}
