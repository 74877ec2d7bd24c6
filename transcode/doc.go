// Package transcode turns PortOne's JSON into protobuf's wire form and back, in one
// pass over the bytes, without Go structs, maps or reflection on the way. It knows
// how the messages of the contract (proto/portone/v2) look in JSON from their
// descriptors, and nothing of HTTP servers, errors or PortOne's URLs.
//
//	var cache transcode.Cache
//	payment, err := cache.Message((&portonev2.Payment{}).ProtoReflect().Descriptor())
//	wire, err := payment.AppendWire(nil, json, transcode.Strict)
//	json, err := payment.AppendJSON(nil, wire)
//
// # Mapping
//
//   - A message is an object; a field is a member under its JSON name. Absent
//     stays absent, and an explicit 0, false or "" stays what it is.
//   - int32 and int64 are numbers, strings and booleans are such, an enum value is
//     its bare name ("KRW" for CURRENCY_KRW), a google.protobuf.Timestamp is an
//     RFC 3339 date-time, a string marked json_text is a JSON value as it is.
//   - A union, which is a message with one oneof, is a flat object: the members of
//     its case and the discriminator, whose value is the case's constant. A case
//     that stands alone has its constant too.
//   - Whatever a message has no place for goes into its map `unrecognized`, JSON
//     name to raw JSON text: an unknown member; a known one without typed form (an
//     unknown enum value, alone or in a list; a null; an optional list or map that
//     is empty; a date-time that a Timestamp cannot hold); every member of a union
//     whose discriminator is unknown or missing. In a request also a known member
//     of the wrong JSON type (see Lenient). On the way out these members are
//     written as they are, and win over the typed field; but a request that gives
//     a member both ways, or a case of a union and another discriminator, is an
//     error, since what is dropped may be what somebody checked. Lists and maps
//     are no such members: a raw one wins there too.
//   - In a request, `unrecognized` also has query parameters that the contract does
//     not know, under their name behind a question mark: as a string, or as an array
//     of strings where the parameter is repeated.
//   - A required list or map is always written. One that was absent is noted in
//     `unrecognized` with an empty text, and so is an absent discriminator of a
//     case that stands alone; an empty text means that the member is not written.
//
// # What is kept
//
// JSON to protobuf to JSON gives an equal document: the same members with the same
// values, numbers exact, timestamps equal as instants. What does not survive is
// what JSON itself gives no meaning to: the order of members, white space outside
// raw texts, how a string is escaped, how an integer or an instant is written (1e3
// and 1000; offsets). A text of an answer that has half of a surrogate pair, which
// no protobuf string can, goes through `unrecognized`. Protobuf to JSON to protobuf gives an equal message, except
// that map entries and unrecognized members may come in another order and that a
// field which `unrecognized` replaces is gone: its member was never sent.
//
// On the wire, fields that the message type does not have are an error, not
// ignored: they could not reach the other side, and to drop them in silence would
// change what was asked for.
//
// # Bad input
//
// Both directions check everything they read: syntax, UTF-8, surrogates, duplicate
// members, the range of numbers, depth (at most 100), size (at most 64 MiB),
// truncation. A mistake is an *Error with a path and the byte offset. Time and
// memory grow linearly with the input.
package transcode
