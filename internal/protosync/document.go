package main

// Document is what protosync takes from PortOne's OpenAPI document. Everything
// that the contract does not show (titles, descriptions, examples, security) is
// left out. All $refs are known to lead somewhere.
type Document struct {
	Operations []*Operation       // in the document's order
	Schemas    map[string]*Schema // by name
	Order      []string           // names of the schemas in the document's order
	Categories []string           // ids of the API categories, depth first
}

// Operation is one method of one path.
type Operation struct {
	ID         string // operationId
	Method     string // GET, POST, ...
	Path       string // with {parameters}
	Category   string // id of its API category; empty if it has none
	Unstable   bool
	Deprecated bool

	Parameters []*Member // of the path and the query, in the document's order
	Body       Body
	Answer     Answer
	Errors     string // name of the union of its errors

	at position
}

// Body tells how an operation takes JSON.
type Body struct {
	Schema   string // name of an object schema; empty if the operation takes no body
	InBody   bool   // as the body of the HTTP request
	InQuery  bool   // as the query parameter requestBody
	Required bool
}

// Answer is the answer with status 200.
type Answer struct {
	Schema string // name of the JSON answer's schema; empty if there is no JSON
	CSV    bool   // text/csv instead of JSON
}

// Schema is a named schema of the document.
type Schema struct {
	Name string
	Kind SchemaKind

	Members    []*Member // of an object, in the document's order
	Values     []string  // of an enum
	Property   string    // of a union: the JSON member that tells the cases apart
	Cases      []Case    // of a union, in the mapping's order
	Value      Type      // of a map: what its values are
	HTTPStatus int32     // of an error; 0 if the schema is none

	at position
}

// SchemaKind tells the kinds of named schemas apart.
type SchemaKind int

const (
	ObjectSchema SchemaKind = iota
	UnionSchema
	EnumSchema
	MapSchema
)

// Case is one case of a union.
type Case struct {
	Value  string // of the discriminator
	Schema string // name of an object schema
}

// Member is a member of a JSON object, or a parameter of an operation.
type Member struct {
	Name       string // in JSON
	Type       Type
	Required   bool
	Deprecated bool
	Place      Place

	at position
}

// Place tells where in the HTTP request a member travels.
type Place int

const (
	InBody Place = iota
	InPath
	InQuery
)

// Type is the type of a member.
type Type struct {
	Kind Kind
	Ref  string // name of the schema, where Kind is Ref
	List bool
}

// Kind is what a value is in JSON.
type Kind int

const (
	String Kind = iota
	Bool
	Int32
	Int64
	DateTime
	Date
	FreeForm // an object of any members
	Ref      // a named schema
)

// position is a place in the OpenAPI document, for messages.
type position struct {
	line, column int
	path         string // such as components.schemas.Payment
}
