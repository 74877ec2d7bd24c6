package com.github.portonegateway.client;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;

/** Says who calls, anew before each attempt. Shows nothing of what is secret; safe for use by many threads if the supplier is. */
public final class Credentials {
    private final String scheme;
    private final Supplier<String> read;

    private Credentials(String scheme, Supplier<String> read) {
        this.scheme = scheme;
        this.read = read;
    }

    /** Identifies the caller by a key that the gateway knows, pgw_... */
    public static Credentials gatewayKey(String key) {
        Objects.requireNonNull(key, "key");
        return new Credentials("PortOne ", () -> key);
    }

    /** Identifies the caller by a JWT, which is asked for before each attempt: keep it for as long as it is valid. */
    public static Credentials token(Supplier<String> token) {
        return new Credentials("Bearer ", Objects.requireNonNull(token, "token"));
    }

    /** Identifies the caller by a JWT in a file that somebody renews, such as a service account's in Kubernetes. */
    public static Credentials tokenFile(Path file) {
        Objects.requireNonNull(file, "file");
        return token(() -> {
            try {
                return Files.readString(file).strip();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /**
     * TLS on which the caller shows a certificate, too. Files in PEM, read now.
     *
     * @param ca who may sign the gateway's certificate; null for those whom the JVM trusts
     * @throws IOException if a file cannot be read
     */
    public static ChannelCredentials mutualTls(Path certificate, Path key, Path ca) throws IOException {
        var tls = TlsChannelCredentials.newBuilder().keyManager(certificate.toFile(), key.toFile());
        return (ca == null ? tls : tls.trustManager(ca.toFile())).build();
    }

    /** The value of the metadata {@code authorization}. The text of the exception does not show it. */
    String authorization() {
        String secret = read.get();
        if (secret == null || secret.isEmpty()) {
            throw new IllegalArgumentException("the key or token is empty");
        }
        for (int i = 0; i < secret.length(); i++) {
            if (secret.charAt(i) <= ' ' || secret.charAt(i) > '~') {
                throw new IllegalArgumentException("the key or token has a character at position " + i + " that cannot stand in metadata");
            }
        }
        return scheme + secret;
    }

    @Override
    public String toString() {
        return "Credentials([redacted])";
    }
}
