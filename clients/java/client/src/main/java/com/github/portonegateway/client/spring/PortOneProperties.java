package com.github.portonegateway.client.spring;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties below {@code portone.gateway}.
 *
 * @param target where the gateway is, such as 127.0.0.1:9090 or unix:///run/gateway.sock
 * @param key a key that the gateway knows, pgw_...; not together with tokenFile
 * @param tokenFile a file with a JWT that somebody renews
 * @param tls whether the connection is secured; implied by certificate or ca
 * @param certificate what the caller shows, in PEM; with privateKey
 * @param privateKey of the certificate, in PEM
 * @param ca who may sign the gateway's certificate, in PEM; those whom the JVM trusts unless given
 * @param allowPlaintext lets key or token go to another machine without TLS, behind a mesh
 * @param askAgainFor how long a call is asked again after its first failure; 0: not at all
 * @param attemptTimeout how long one attempt may take
 */
@ConfigurationProperties("portone.gateway")
public record PortOneProperties(
        @DefaultValue("127.0.0.1:9090") String target,
        String key,
        Path tokenFile,
        boolean tls,
        Path certificate,
        Path privateKey,
        Path ca,
        boolean allowPlaintext,
        @DefaultValue("60s") Duration askAgainFor,
        @DefaultValue("75s") Duration attemptTimeout) {

    /** Does not show the key. */
    @Override
    public String toString() {
        return "PortOneProperties[target=" + target + ", key=" + (key == null ? "none" : "[redacted]") + "]";
    }
}
