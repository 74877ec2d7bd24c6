package com.github.portonegateway.client.spring;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.client.PortOneClient;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class PortOneAutoConfigurationTest {
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class WithItsOwn {
        static final PortOneClient OWN = PortOneClient.connect("127.0.0.1:1");

        @Bean
        PortOneClient mine() {
            return OWN;
        }
    }

    private static ConfigurableApplicationContext run(Class<?> application, String... properties) {
        return new SpringApplicationBuilder(application).web(WebApplicationType.NONE).bannerMode(org.springframework.boot.Banner.Mode.OFF)
                .logStartupInfo(false).properties("logging.level.root=off").properties(properties).run();
    }

    @Test
    void anApplicationHasAClient() {
        try (var context = run(Application.class, "portone.gateway.target=unix:///run/gateway.sock", "portone.gateway.key=pgw_secret",
                "portone.gateway.ask-again-for=30s")) {
            var properties = context.getBean(PortOneProperties.class);
            assertTrue(properties.toString().contains("unix:///run/gateway.sock"), properties::toString);
            assertFalse(properties.toString().contains("pgw_secret"), properties::toString);
            context.getBean(PortOneClient.class);
        }
    }

    @Test
    void oneOfItsOwnIsUsed() {
        try (var context = run(WithItsOwn.class)) {
            assertSame(WithItsOwn.OWN, context.getBean(PortOneClient.class));
        }
    }

    @Test
    void contradictionsAreSaid() {
        String[][] wrong = {
            {"portone.gateway.key=pgw_secret", "portone.gateway.token-file=/token"},
            {"portone.gateway.certificate=/certificate"},
            {"portone.gateway.target=gateway:9090", "portone.gateway.key=pgw_secret"},
            {"portone.gateway.ask-again-for=-1s"},
        };
        for (String[] properties : wrong) {
            var e = assertThrows(RuntimeException.class, () -> run(Application.class, properties).close());
            assertFalse(e.toString().contains("pgw_secret"), e::toString);
        }
    }
}
