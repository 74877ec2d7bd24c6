package com.github.portonegateway.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The streams of lists, see {@link ServiceClient}. Read by one thread at a time. */
final class Pages<Q extends Message, A extends Message, I> extends AbstractSpliterator<I> {
    /** Where a list goes on behind a part; null if it has ended. */
    private interface Next {
        Message.Builder after(Message.Builder request, Message part, List<?> items);
    }

    private final Function<Q, A> call;
    private final String items;
    private final Next next;
    private final ArrayDeque<Object> left = new ArrayDeque<>();
    private Message.Builder request; // null at the end
    private Message part; // the latest; null before the first
    private List<?> got; // its items

    private Pages(Function<Q, A> call, Message.Builder request, String items, Next next) {
        super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
        this.call = call;
        this.request = request;
        this.items = items;
        this.next = next;
    }

    static <Q extends Message, A extends Message, I> Stream<I> byPage(
            Function<Q, A> call, Q request, String number, String size, String items, String until, String cursorMethod) {
        int each = sizeOf(request, size);
        return stream(() -> {
            Message.Builder first = prepared(request, size, each, until);
            return new Pages<Q, A, I>(call, first, items, (builder, part, got) -> {
                long at = ((Number) get(builder, number)).longValue();
                long seen = at * each + got.size();
                long total = total(part);
                if (got.size() < each) {
                    if (!got.isEmpty() && seen < total) {
                        throw new IllegalStateException("page " + at + " of " + each + " objects has " + got.size() + ", and "
                                + (total - seen) + " are said to follow: is the size too large?");
                    }
                    return null;
                }
                if ((at + 2) * each > Rules.MAX_REACH) {
                    if (total == seen) {
                        return null;
                    }
                    throw new TooDeepException(seen, cursorMethod);
                }
                set(builder, number, (int) (at + 1));
                return builder;
            });
        });
    }

    static <Q extends Message, A extends Message, I> Stream<I> byCursor(
            Function<Q, A> call, Q request, String cursor, String size, String items, String until) {
        int each = sizeOf(request, size);
        return stream(() -> {
            Message.Builder first = prepared(request, size, each, until);
            return new Pages<Q, A, I>(call, first, items, (builder, part, got) -> {
                if (got.isEmpty()) {
                    return null;
                }
                Object last = get(((Message) got.get(got.size() - 1)).toBuilder(), "cursor");
                if (last.equals("") || last.equals(get(builder, cursor))) {
                    throw new IllegalStateException("the cursor does not move: the list would have no end");
                }
                set(builder, cursor, last);
                return builder;
            });
        });
    }

    private static <I> Stream<I> stream(Supplier<Spliterator<I>> pages) {
        return StreamSupport.stream(pages, Spliterator.ORDERED | Spliterator.NONNULL, false);
    }

    @Override
    @SuppressWarnings("unchecked") // the request is a Q, and the items are what the generated methods say
    public boolean tryAdvance(Consumer<? super I> action) {
        while (left.isEmpty()) {
            if (part != null) {
                request = next.after(request, part, got);
                part = null;
            }
            if (request == null) {
                return false;
            }
            part = call.apply((Q) request.build());
            got = (List<?>) get(part.toBuilder(), items);
            left.addAll(got);
        }
        action.accept((I) left.remove());
        return true;
    }

    /** The size of a part, or the usual one. */
    private static int sizeOf(Message request, String path) {
        int size = has(request.toBuilder(), path) ? (Integer) get(request.toBuilder(), path) : Rules.PAGE_SIZE;
        if (size < 1) {
            throw new IllegalArgumentException("a page has at least 1 object, not " + size);
        }
        return size;
    }

    private static Message.Builder prepared(Message request, String size, int each, String until) {
        Message.Builder own = request.toBuilder();
        set(own, size, each);
        if (!until.isEmpty() && !has(own, until)) {
            Instant now = Instant.now();
            set(own, until, Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano()).build());
        }
        return own;
    }

    /** How many objects PortOne counts; 0 if it does not say so. */
    private static long total(Message part) {
        FieldDescriptor page = part.getDescriptorForType().findFieldByName("page");
        if (page == null || !part.hasField(page)) {
            return 0;
        }
        FieldDescriptor total = page.getMessageType().findFieldByName("total_count");
        return total == null ? 0 : ((Number) ((Message) part.getField(page)).getField(total)).longValue();
    }

    // Fields by paths such as page.size, of which the first part may be missing.

    private static boolean has(Message.Builder message, String path) {
        int dot = path.indexOf('.');
        FieldDescriptor field = field(message, dot < 0 ? path : path.substring(0, dot));
        if (dot < 0 || !message.hasField(field)) {
            return message.hasField(field);
        }
        return has(((Message) message.getField(field)).toBuilder(), path.substring(dot + 1));
    }

    private static Object get(Message.Builder message, String path) {
        int dot = path.indexOf('.');
        FieldDescriptor field = field(message, dot < 0 ? path : path.substring(0, dot));
        Object value = message.getField(field);
        return dot < 0 ? value : get(((Message) value).toBuilder(), path.substring(dot + 1));
    }

    private static void set(Message.Builder message, String path, Object value) {
        int dot = path.indexOf('.');
        FieldDescriptor field = field(message, dot < 0 ? path : path.substring(0, dot));
        if (dot >= 0) {
            Message.Builder inner = ((Message) message.getField(field)).toBuilder();
            set(inner, path.substring(dot + 1), value);
            value = inner.build();
        }
        message.setField(field, value);
    }

    private static FieldDescriptor field(Message.Builder message, String name) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        if (field == null) {
            throw new IllegalArgumentException(message.getDescriptorForType().getFullName() + " has no field " + name);
        }
        return field;
    }
}
