package com.github.portonegateway.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.portonegateway.portone.v2.GetAllPaymentsByCursorRequest;
import com.github.portonegateway.portone.v2.GetAllPaymentsByCursorResponse;
import com.github.portonegateway.portone.v2.GetPaymentsRequest;
import com.github.portonegateway.portone.v2.GetPaymentsResponse;
import com.github.portonegateway.portone.v2.PageInfo;
import com.github.portonegateway.portone.v2.PageInput;
import com.github.portonegateway.portone.v2.Payment;
import com.github.portonegateway.portone.v2.PaymentFilterInput;
import com.github.portonegateway.portone.v2.PaymentWithCursor;
import com.google.protobuf.Timestamp;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PagesTest {
    private FakeGateway gateway;
    private PortOneClient client;

    @BeforeEach
    void start() throws IOException {
        gateway = new FakeGateway();
        client = PortOneClient.connect(gateway.target());
    }

    @AfterEach
    void stop() {
        client.close();
        gateway.close();
    }

    private static GetPaymentsRequest request(int number, int size) {
        return GetPaymentsRequest.newBuilder().setPage(PageInput.newBuilder().setNumber(number).setSize(size)).build();
    }

    /** A PortOne of so many payments, which gives at most so many at once. */
    private void has(int total, int cap) {
        gateway.getPayments = request -> {
            int size = request.getPage().getSize();
            int left = Math.max(0, total - request.getPage().getNumber() * size);
            return GetPaymentsResponse.newBuilder().addAllItems(Collections.nCopies(Math.min(left, Math.min(size, cap)), Payment.getDefaultInstance()))
                    .setPage(PageInfo.newBuilder().setTotalCount(total)).build();
        };
    }

    @Test
    void listsGoOnToTheirEnd() {
        for (int total : new int[] {0, 1, 99, 100, 101, 200, 250}) {
            gateway.pages.clear();
            has(total, 1000);
            assertEquals(total, client.payment().getPaymentsAll(GetPaymentsRequest.getDefaultInstance()).count());
            assertEquals(total / 100 + 1, gateway.pages.size(), () -> "pages of " + total);
            assertTrue(gateway.pages.stream().allMatch(page -> page.getPage().getSize() == 100));
        }
    }

    @Test
    void theEndOfTimeIsSetOnceAndOnlyWhereItIsNot() {
        has(250, 1000);
        client.payment().getPaymentsAll(GetPaymentsRequest.getDefaultInstance()).forEach(payment -> {});
        Set<Timestamp> ends = new HashSet<>();
        gateway.pages.forEach(page -> ends.add(page.getFilter().getUntil()));
        assertEquals(1, ends.size());
        assertTrue(ends.iterator().next().getSeconds() > 0);
        gateway.pages.clear();
        var own = GetPaymentsRequest.newBuilder().setFilter(PaymentFilterInput.newBuilder().setUntil(Timestamp.newBuilder().setSeconds(7))).build();
        client.payment().getPaymentsAll(own).forEach(payment -> {});
        assertTrue(gateway.pages.stream().allMatch(page -> page.getFilter().getUntil().getSeconds() == 7));
    }

    @Test
    void partsAreAskedForWhenTheyAreWanted() {
        has(250, 1000);
        var all = client.payment().getPaymentsAll(GetPaymentsRequest.getDefaultInstance()).iterator();
        assertEquals(0, gateway.pages.size());
        for (int i = 0; i < 100; i++) {
            all.next();
        }
        assertEquals(1, gateway.pages.size());
        all.next();
        assertEquals(2, gateway.pages.size());
    }

    @Test
    void noListEndsEarly() {
        has(60_001, 1000);
        var e = assertThrows(TooDeepException.class, () -> client.payment().getPaymentsAll(request(58, 1000)).count());
        assertTrue(e.getMessage().contains("60000") && e.getMessage().endsWith("list by GetAllPaymentsByCursor"), e::getMessage);
        has(60_000, 1000);
        assertEquals(2000, client.payment().getPaymentsAll(request(58, 1000)).count());
        has(250, 50);
        var capped = assertThrows(IllegalStateException.class, () -> client.payment().getPaymentsAll(request(0, 100)).count());
        assertTrue(capped.getMessage().contains("page 0 of 100 objects has 50, and 200 are said to follow"), capped::getMessage);
        assertThrows(IllegalArgumentException.class, () -> client.payment().getPaymentsAll(request(0, 0)));
    }

    @Test
    void aCursorHasToMove() {
        gateway.byCursor = request -> {
            int at = request.hasCursor() ? Integer.parseInt(request.getCursor()) : 0;
            int next = Math.min(at + 1, 3);
            return GetAllPaymentsByCursorResponse.newBuilder().addItems(PaymentWithCursor.newBuilder().setCursor("" + next)).build();
        };
        var all = client.payment().getAllPaymentsByCursorAll(GetAllPaymentsByCursorRequest.getDefaultInstance());
        Set<String> seen = new HashSet<>();
        var e = assertThrows(IllegalStateException.class, () -> all.forEach(payment -> seen.add(payment.getCursor())));
        assertEquals(Set.of("1", "2", "3"), seen);
        assertTrue(e.getMessage().contains("does not move"), e::getMessage);
    }
}
