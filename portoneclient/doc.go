// Package portoneclient connects Go programs to the gateway so that no one is charged
// twice: every mutation gets an idempotency key before its first attempt and never
// another, a call whose outcome is unknown is asked again with it, and errors are
// *portoneerr.Error, with the key.
//
//	conn, err := portoneclient.Dial("127.0.0.1:9090", portoneclient.Options{})
//	...
//	payments := portonev2.NewPaymentServiceClient(conn)
//	payment, err := payments.PayWithBillingKey(ctx, request)
//	if e := portoneerr.FromError(err); e != nil && e.OutcomeUnknown() {
//		// the time for asking is over: ask later, with WithKey(ctx, e.IdempotencyKey)
//	}
//
// The stubs are those of gen/portone/v2; the rest are functions about them: All lists
// what has pages, AmountOf and the like read a payment whatever its status. Package
// webhook verifies PortOne's webhooks, package sandboxtest runs a gateway in a test.
package portoneclient
