// Package jetstream is the store of events on NATS JetStream: with a server inside this
// process that keeps everything in a folder, or on a NATS cluster. Both run the same
// code.
//
// An event is a message of the stream <NAME>_EVENTS, a subscription a durable pull
// consumer of it; the subscription's settings travel in the consumer's metadata, so
// there is nothing beside it that could differ. Parked events are copies in the stream
// <NAME>_PARKED. Nothing is ever deleted to make room: a store that is full refuses.
package jetstream
