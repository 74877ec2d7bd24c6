package com.github.portonegateway.client;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import java.security.SecureRandom;

/** Idempotency keys: what makes the same mutation, sent twice, happen once. PortOne remembers them for three hours. */
public final class IdempotencyKey {
    /**
     * The key of a mutation that is called by a stub of one's own: {@code stub.withOption(IdempotencyKey.OPTION, key)}. Use it rather than
     * the metadata of that name, in which grpc-java silently makes every character that is not ASCII a question mark.
     */
    public static final CallOptions.Key<String> OPTION = CallOptions.Key.create("portone-gateway idempotency key");

    private static final SecureRandom RANDOM = new SecureRandom();

    private IdempotencyKey() {}

    /**
     * Makes a key of 26 letters and digits. Keep it before the call that it is for, where the call has to be asked again after a restart of
     * the program.
     */
    public static String create() {
        byte[] random = new byte[Rules.KEY_LENGTH];
        RANDOM.nextBytes(random);
        StringBuilder key = new StringBuilder(random.length);
        for (byte b : random) {
            key.append(Rules.KEY_ALPHABET.charAt(b & 31)); // of 32 letters and digits
        }
        return key.toString();
    }

    /**
     * The key that the caller gave; null for none.
     *
     * @throws IllegalArgumentException if it is not allowed; the text does not contain it
     */
    static String given(CallOptions options, Metadata headers) {
        String option = options.getOption(OPTION);
        int count = option == null ? 0 : 1;
        String given = option;
        var all = headers.getAll(Rules.KEY);
        if (all != null) {
            for (String text : all) {
                given = text;
                count++;
            }
        }
        if (count > 1) {
            throw refused("is given more than once");
        }
        return given == null ? null : check(given);
    }

    /** Reads a key, bare or in double quotes. */
    private static String check(String text) {
        String key = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"") ? text.substring(1, text.length() - 1) : text;
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                throw refused("has a character at position " + i + " that is not printable ASCII, or a quote or backslash");
            }
        }
        if (!key.equals(key.strip())) {
            throw refused("begins or ends with a space");
        }
        if (key.length() < Rules.KEY_MIN || key.length() > Rules.KEY_MAX) {
            throw refused("has " + key.length() + " characters, must have " + Rules.KEY_MIN + " to " + Rules.KEY_MAX);
        }
        return key;
    }

    private static IllegalArgumentException refused(String why) {
        return new IllegalArgumentException(Rules.KEY.name() + " " + why);
    }
}
