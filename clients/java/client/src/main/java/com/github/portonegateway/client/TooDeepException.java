package com.github.portonegateway.client;

/** A list goes on beyond the 60,000th object, which PortOne does not give by page. Narrow the filter, or list by cursor. */
public final class TooDeepException extends IllegalStateException {
    TooDeepException(long read, String cursorMethod) {
        super("PortOne gives no more than " + Rules.MAX_REACH + " objects by page, and " + read + " have been read: narrow the filter"
                + (cursorMethod.isEmpty() ? "" : ", or list by " + cursorMethod.substring(cursorMethod.lastIndexOf('/') + 1)));
    }
}
