package com.github.portonegateway.client;

import java.util.regex.Pattern;

/** Targets of channels. */
final class Target {
    private static final Pattern LOOPBACK_V4 = Pattern.compile("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");

    private Target() {}

    /** Whether a target is on this machine. Names are not looked up. */
    static boolean isLocal(String target) {
        if (target.startsWith("unix:")) {
            return true;
        }
        String host = target.substring(target.lastIndexOf('/') + 1);
        int colon = host.lastIndexOf(':');
        if (colon >= 0 && !host.endsWith("]")) {
            host = host.substring(0, colon);
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return host.equals("localhost") || host.equals("::1") || LOOPBACK_V4.matcher(host).matches();
    }
}
