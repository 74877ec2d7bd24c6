// Package events hands PortOne's webhooks to internal services: EventService of the
// contract portone.events.v1 over a store of events. Webhooks come into the store by
// package intake, and by package reconcile where they did not arrive.
package events
