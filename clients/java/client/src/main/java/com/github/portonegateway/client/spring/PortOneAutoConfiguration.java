package com.github.portonegateway.client.spring;

import com.github.portonegateway.client.Credentials;
import com.github.portonegateway.client.PortOneClient;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.IOException;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Gives Spring Boot applications a {@link PortOneClient} by the properties of {@link PortOneProperties}, unless they have one of their own.
 * Spring closes it.
 */
@AutoConfiguration
@EnableConfigurationProperties(PortOneProperties.class)
public class PortOneAutoConfiguration {
    /** For Spring. */
    public PortOneAutoConfiguration() {}

    /**
     * The client. It does not connect before the first call.
     *
     * @throws IllegalStateException if properties contradict each other, or credentials would go to another machine in clear text
     * @throws IOException if a file of TLS cannot be read
     */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    public PortOneClient portOneClient(PortOneProperties properties) throws IOException {
        PortOneClient.Builder builder = PortOneClient.builder(properties.target())
                .askAgainFor(properties.askAgainFor()).attemptTimeout(properties.attemptTimeout());
        if (properties.key() != null && properties.tokenFile() != null) {
            throw new IllegalStateException("portone.gateway.key and portone.gateway.token-file are both set");
        }
        if (properties.key() != null) {
            builder.credentials(Credentials.gatewayKey(properties.key()));
        } else if (properties.tokenFile() != null) {
            builder.credentials(Credentials.tokenFile(properties.tokenFile()));
        }
        ChannelCredentials tls = tls(properties);
        if (tls != null) {
            builder.tls(tls);
        }
        if (properties.allowPlaintext()) {
            builder.allowPlaintext();
        }
        return builder.build();
    }

    private static ChannelCredentials tls(PortOneProperties properties) throws IOException {
        if ((properties.certificate() == null) != (properties.privateKey() == null)) {
            throw new IllegalStateException("of portone.gateway.certificate and portone.gateway.private-key only one is set");
        }
        if (properties.certificate() != null) {
            return Credentials.mutualTls(properties.certificate(), properties.privateKey(), properties.ca());
        }
        if (properties.ca() != null) {
            return TlsChannelCredentials.newBuilder().trustManager(properties.ca().toFile()).build();
        }
        return properties.tls() ? TlsChannelCredentials.create() : null;
    }
}
