package main

// This file is the only place of protosync that names operations, schemas,
// categories or errors of PortOne: where its document is irregular or silent.

// uncategorised gives a category to operations that the document gives none and
// whose path alone does not tell (see categoryOf): they list the filter options
// of discount share policies and of partners, but stand under /platform itself.
var uncategorised = map[string]string{
	"getPlatformDiscountSharePolicyFilterOptions": "platform.policy",
	"getPlatformPartnerFilterOptions":             "platform.partner",
}

// domains names the domain of categories whose own name says too little. A
// domain is otherwise called after the last part of its category's id, and the
// parts of platform are called PlatformPartner, PlatformPolicy, ...: partner,
// policy, account or company alone could be anything.
var domains = map[string]string{
	"common":                    "bank", // only lists banks
	"payment.additionalFeature": "paymentAdditionalFeature",
}

// prefixed are the categories whose children carry their parent's name.
var prefixed = map[string]bool{"platform": true}

// undocumentedErrors are errors that PortOne's document has in no union, though
// its documentation or its SDKs name them. The schema name is empty: nothing
// describes them.
var undocumentedErrors = []Reason{
	// A request with the Idempotency-Key of one that is still being worked on.
	{Type: "IDEMPOTENCY_OUTSTANDING_REQUEST", HTTPStatus: 409},
	// What PortOne's SDKs call an error of a type that they do not know.
	{Type: "UNKNOWN"},
}

// handKept are the files of the contract that people write and protosync leaves
// alone.
var handKept = map[string]bool{
	"portone/v2/annotations.proto": true,
	"portone/v2/decline.proto":     true,
	"portone/v2/gateway.proto":     true,
}

// PortOne declares the `type` of PlatformSettlementAmountExceededError as an
// enum (which amount was exceeded), though its union tells errors apart by the
// same member. No table is needed: a discriminator that is declared as an enum
// becomes a field as well, which stays absent where `type` is the name of the
// error. See isErrorData.
//
// PLATFORM_CURRENCY_NOT_SUPPORTED is the type of two schemas, depending on the
// operation. No table either: Operation.error_schemas says where the second one
// is meant. See newReasons.
