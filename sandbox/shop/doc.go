// Package shop is the part of the sandbox in which money moves: one-time
// payments, billing keys, payment schedules and promotions.
//
// # What stands for the world outside
//
// Cards behave by their number (TestCards); every other number of 13 to 19
// digits approves. Channels may have any key and are test channels of Toss
// Payments, but for the keys of TestChannels. Stores may have any id; without
// one a request means world.DefaultStoreID. The buyer's browser is imitated by
// Store.PayInWindow and Store.IssueBillingKeyInWindow, the buyer's bank by
// Store.Deposit. What takes time at PortOne (a deadline of a virtual account, an
// approval that is pending, a scheduled payment) happens when the world's clock
// gets there.
//
// # Amounts
//
// A request names prices: the amounts before a promotion's discount. So do
// PaymentAmount.total, tax_free, vat and supply. PaymentAmount.paid and cancelled
// and the amounts of a cancellation are money that moved. Without a promotion
// the two are the same. What is left to cancel is a price, too.
//
// # State
//
// Payments are kept in small structs and become contract messages when they are
// asked for, so that 100,000 of them take little memory and are listed fast. A
// message that is kept never changes: it is replaced. So answers may share parts,
// which their receivers must not change, and a request must not change after the
// call. Nothing in this package is safe for concurrent use; see package world.
package shop
