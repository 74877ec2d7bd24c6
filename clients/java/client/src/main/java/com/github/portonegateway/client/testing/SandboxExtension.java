package com.github.portonegateway.client.testing;

import com.github.portonegateway.client.PortOneClient;
import java.io.IOException;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests of JUnit a {@link Sandbox} and a {@link PortOneClient} of it, as parameters: {@code @ExtendWith(SandboxExtension.class)}. One
 * sandbox serves all classes of a run, and is reset before each test; so tests with it do not run in parallel.
 */
public final class SandboxExtension implements BeforeEachCallback, ParameterResolver {
    private static final Namespace OURS = Namespace.create(SandboxExtension.class);

    /** What ends with the run. */
    private static final class Running implements AutoCloseable {
        final Sandbox sandbox;
        final PortOneClient client;

        Running() {
            try {
                sandbox = Sandbox.start();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            client = PortOneClient.connect(sandbox.target());
        }

        @Override
        public void close() {
            client.close();
            sandbox.close();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        running(context).sandbox.reset();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Sandbox.class || type == PortOneClient.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = running(context);
        return parameter.getParameter().getType() == Sandbox.class ? running.sandbox : running.client;
    }

    private static Running running(ExtensionContext context) {
        return context.getRoot().getStore(OURS).getOrComputeIfAbsent(Running.class, type -> new Running(), Running.class);
    }
}
