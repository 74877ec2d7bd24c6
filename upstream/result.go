package upstream

import "github.com/portone-gateway/portone-gateway/errmap"

// result is what came of an attempt.
type result uint8

const (
	// answered: 2xx, with the whole body or the beginning of a stream.
	answered result = iota
	// typedError: PortOne said no.
	typedError
	// outstanding: PortOne is still working on the mutation.
	outstanding
	// rateLimited: 429. Nothing was done.
	rateLimited
	// temporarilyFailed: 502, 503 or 504 without a typed error.
	temporarilyFailed
	// refused: any other answer without a typed error.
	refused
	// answerBroken: no answer, or half of one. The request may have been carried out.
	answerBroken
	// tooLarge: an answer with more than we read.
	tooLarge
	// timedOut: the time for an answer was over.
	timedOut
	// callerGone: the context ended after the request was sent.
	callerGone
	// connectionFailed: the request was not sent.
	connectionFailed
	// breakerOpen: the request was not sent, since too many have failed.
	breakerOpen
)

// repetition is whether the same request may have another result.
type repetition uint8

const (
	repeatNever repetition = iota
	repeatAlways
	repeatIfTemporary // see outgoing.temporary
)

// lesson is what the breaker learns of PortOne from a call whose last attempt ended so.
type lesson uint8

const (
	lessonWorks   lesson = iota // PortOne answers
	lessonFails                 // PortOne does not
	lessonNothing               // it was not PortOne's doing
	lessonStatus                // PortOne fails with a 5xx, and works with any other status
	lessonInTime                // PortOne fails, unless no one waited any more
	lessonPatient               // PortOne fails a read that had all the time; a PG may be slow
)

// results says of each result all that is decided by it.
var results = [...]struct {
	label  string     // what went wrong, for metrics
	repeat repetition // worth another attempt
	open   bool       // a mutation may have been carried out, and nothing says what became of it
	lesson lesson
	end    func(*outgoing) *errmap.Error // what the caller hears
}{
	answered:          {"", repeatNever, false, lessonWorks, nil},
	typedError:        {"", repeatIfTemporary, false, lessonWorks, (*outgoing).endRefused},
	outstanding:       {"", repeatNever, false, lessonWorks, (*outgoing).endOutstanding}, // asked again by awaitOutcome
	rateLimited:       {"", repeatAlways, false, lessonWorks, (*outgoing).endRefused},
	temporarilyFailed: {"untyped", repeatAlways, true, lessonFails, (*outgoing).endRefused},
	refused:           {"untyped", repeatNever, true, lessonStatus, (*outgoing).endRefused},
	answerBroken:      {"broken", repeatAlways, true, lessonFails, (*outgoing).endBroken},
	tooLarge:          {"too_large", repeatNever, true, lessonWorks, (*outgoing).endTooLarge},
	timedOut:          {"timeout", repeatNever, true, lessonPatient, (*outgoing).endTimedOut},
	callerGone:        {"canceled", repeatNever, true, lessonNothing, (*outgoing).endGone},
	connectionFailed:  {"connect", repeatAlways, false, lessonInTime, (*outgoing).endUnsent},
	breakerOpen:       {"breaker", repeatNever, false, lessonNothing, (*outgoing).endUnsent},
}
