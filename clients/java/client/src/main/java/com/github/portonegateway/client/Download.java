package com.github.portonegateway.client;

import com.google.api.HttpBody;
import io.grpc.ClientCall;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.function.Supplier;

/** A file that comes in parts. Read it to the end, or close it. Not for use by several threads. */
public final class Download implements Iterator<HttpBody>, AutoCloseable {
    private final ClientCall<?, ?> call;
    private final Iterator<HttpBody> parts;

    Download(ClientCall<?, ?> call, Iterator<HttpBody> parts) {
        this.call = call;
        this.parts = parts;
    }

    /**
     * Waits for the next part, or the end.
     *
     * @throws PortOneException if the download fails
     */
    @Override
    public boolean hasNext() {
        return meant(parts::hasNext);
    }

    @Override
    public HttpBody next() {
        return meant(parts::next);
    }

    /**
     * Writes all parts. What was written before an exception is not the file.
     *
     * @throws PortOneException if the download fails
     */
    public void writeTo(OutputStream out) throws IOException {
        while (hasNext()) {
            next().getData().writeTo(out);
        }
    }

    /** Ends the download, if it has not ended. */
    @Override
    public void close() {
        call.cancel("the download was closed", null);
    }

    private static <T> T meant(Supplier<T> read) {
        try {
            return read.get();
        } catch (StatusRuntimeException e) {
            throw Calls.meant(e);
        }
    }
}
