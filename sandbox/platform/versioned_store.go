package platform

import (
	"strings"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// object is what contracts, policies and partners have in common. All have the
// fields id, graphql_id, is_archived, applied_at and is_for_test besides.
type object interface {
	proto.Message
	GetId() string
	GetIsArchived() bool
}

// kind tells what sets one kind of object apart from the others: its words for
// refusals, and how an update changes it. Creating an object is applying an
// update to an empty one.
type kind[O object, U proto.Message] struct {
	// name is the name of the kind, such as "contract", and plural that of many,
	// such as "Contracts", as the dump has it.
	name, plural string

	// schema is the kind's name in ids of GraphQL.
	schema string

	words words

	// valid refuses an update that is wrong whatever the state.
	valid func(U) error

	// apply carries out an update.
	apply func(O, U)

	// The rest may be nil. The first four refuse what the state of an object
	// forbids: an update now or later (on an empty object: to create one from
	// it), to schedule one, to archive and to recover it.
	mayUpdate   func(O, U) error
	maySchedule func(O) error
	mayArchive  func(O) error
	mayRecover  func(O) error

	// accepted is called with an update that is no longer refused, now or scheduled.
	accepted func(U)

	// changed is called with an object that is no longer as it was.
	changed func(O)
}

// words are the errors by which a kind refuses.
type words struct {
	notFound, alreadyExists, archived, scheduled, cannotArchiveScheduled portonev2.ErrorReason
}

// versionedStore keeps the objects of a kind: created, updated at once or at a scheduled
// time, archived and recovered.
type versionedStore[O object, U proto.Message] struct {
	kind[O, U]
	world *world.World
	test  bool
	byID  map[string]*item[O, U]
	items []*item[O, U] // as created
}

// item is an object with its scheduled update.
type item[O object, U proto.Message] struct {
	object   O
	schedule *schedule[U] // nil if there is none
}

func newVersionedStore[O object, U proto.Message](w *world.World, test bool, k kind[O, U]) *versionedStore[O, U] {
	return &versionedStore[O, U]{kind: k, world: w, test: test, byID: make(map[string]*item[O, U])}
}

// create makes an object. Absent id means a new one.
func (s *versionedStore[O, U]) create(id *string, update U) (none O, err error) {
	if err := s.mayCreate(id, update); err != nil {
		return none, err
	}
	return s.add(id, update), nil
}

// mayCreate returns what is against an object to create.
func (s *versionedStore[O, U]) mayCreate(id *string, update U) error {
	if id != nil && *id == "" {
		return world.Invalid("%s: its id is empty", s.name)
	}
	if err := s.valid(update); err != nil {
		return err
	}
	if id != nil && s.byID[*id] != nil {
		return world.Refuse(s.words.alreadyExists, "%s %q exists already", s.name, *id)
	}
	return askAbout(s.mayUpdate, blank[O](), update)
}

// add makes an object that nothing is against, and returns a copy.
func (s *versionedStore[O, U]) add(id *string, update U) O {
	if id == nil {
		id = world.Ptr(s.world.IDs.UUID("platform " + s.name))
	}
	o := blank[O]()
	set(o, "id", *id)
	set(o, "graphql_id", s.graphqlID(*id))
	set(o, "is_archived", false)
	set(o, "is_for_test", s.test)
	it := &item[O, U]{object: o}
	s.byID[*id] = it
	s.items = append(s.items, it)
	tell(s.accepted, update)
	s.change(it, update)
	s.count("created")
	return proto.CloneOf(o)
}

// update changes an object at once.
func (s *versionedStore[O, U]) update(id string, update U) (none O, err error) {
	it, err := s.open(id, update)
	if err != nil {
		return none, err
	}
	if err := askAbout(s.mayUpdate, it.object, update); err != nil {
		return none, err
	}
	tell(s.accepted, update)
	s.change(it, update)
	s.count("updated")
	return proto.CloneOf(it.object), nil
}

// archive takes an object out of use. Archiving it again changes nothing.
func (s *versionedStore[O, U]) archive(id string) (none O, err error) {
	it, err := s.find(id)
	switch {
	case err != nil:
		return none, err
	case it.schedule != nil:
		return none, world.Refuse(s.words.cannotArchiveScheduled, "%s %q has a scheduled update", s.name, id)
	}
	if err := ask(s.mayArchive, it.object); err != nil {
		return none, err
	}
	return s.setArchived(it.object, true, "archived"), nil
}

// recover takes an object out of the archive. Recovering one that is not there
// changes nothing.
func (s *versionedStore[O, U]) recover(id string) (none O, err error) {
	it, err := s.find(id)
	if err != nil {
		return none, err
	}
	if err := ask(s.mayRecover, it.object); err != nil {
		return none, err
	}
	return s.setArchived(it.object, false, "recovered"), nil
}

func (s *versionedStore[O, U]) setArchived(o O, archived bool, done string) O {
	if o.GetIsArchived() != archived {
		set(o, "is_archived", archived)
		tell(s.changed, o)
		s.count(done)
	}
	return proto.CloneOf(o)
}

// change carries out an update now.
func (s *versionedStore[O, U]) change(it *item[O, U], update U) {
	s.apply(it.object, update)
	set(it.object, "applied_at", s.world.Clock.Timestamp().ProtoReflect())
	tell(s.changed, it.object)
}

// find looks an item up.
func (s *versionedStore[O, U]) find(id string) (*item[O, U], error) {
	if it := s.byID[id]; it != nil {
		return it, nil
	}
	return nil, world.Refuse(s.words.notFound, "there is no %s %q", s.name, id)
}

// open looks up an item to which a valid update is to be made.
func (s *versionedStore[O, U]) open(id string, update U) (*item[O, U], error) {
	if err := s.valid(update); err != nil {
		return nil, err
	}
	it, err := s.find(id)
	if err != nil {
		return nil, err
	}
	if it.object.GetIsArchived() {
		return nil, world.Refuse(s.words.archived, "%s %q is archived", s.name, id)
	}
	return it, nil
}

// get returns a copy of an object.
func (s *versionedStore[O, U]) get(id string) (none O, err error) {
	it, err := s.find(id)
	if err != nil {
		return none, err
	}
	return proto.CloneOf(it.object), nil
}

// copy is get for callers that have no use for an error.
func (s *versionedStore[O, U]) copy(id string) (O, bool) {
	o, err := s.get(id)
	return o, err == nil
}

// list returns copies of a page of the objects that match, the newest first.
func (s *versionedStore[O, U]) list(archived bool, match func(O) bool, page *portonev2.PageInput) ([]O, *portonev2.PageInfo, error) {
	found, info, err := world.Page(s.matching(archived, match), page)
	if err != nil {
		return nil, nil, err
	}
	objects := make([]O, len(found))
	for i, it := range found {
		objects[i] = proto.CloneOf(it.object)
	}
	return objects, info, nil
}

// matching returns the items whose object matches, the newest first.
func (s *versionedStore[O, U]) matching(archived bool, match func(O) bool) []*item[O, U] {
	var found []*item[O, U]
	for i := len(s.items) - 1; i >= 0; i-- {
		if o := s.items[i].object; o.GetIsArchived() == archived && match(o) {
			found = append(found, s.items[i])
		}
	}
	return found
}

func (s *versionedStore[O, U]) dump(add func(kind, id string, object proto.Message)) {
	for _, it := range s.items {
		add("platform"+s.plural, it.object.GetId(), proto.CloneOf(it.object))
		if it.schedule != nil {
			add("scheduledPlatform"+s.plural, it.object.GetId(), s.preview(it))
		}
	}
}

// graphqlID is the id in PortOne's GraphQL API of an object of the kind, whether
// it exists or not.
func (s *versionedStore[O, U]) graphqlID(id string) string {
	return world.GraphQLID(s.schema, s.test, id)
}

func (s *versionedStore[O, U]) graphqlIDs(ids []string) []string {
	var graphqlIDs []string
	for _, id := range ids {
		graphqlIDs = append(graphqlIDs, s.graphqlID(id))
	}
	return graphqlIDs
}

func (s *versionedStore[O, U]) count(what string) {
	s.world.Counters.Add("platform." + strings.ReplaceAll(s.name, " ", "_") + "." + what)
}

// ask, askAbout and tell call the hooks of a kind that it has.

func ask[O any](may func(O) error, o O) error {
	if may == nil {
		return nil
	}
	return may(o)
}

func askAbout[O, U any](may func(O, U) error, o O, update U) error {
	if may == nil {
		return nil
	}
	return may(o, update)
}

func tell[T any](hook func(T), about T) {
	if hook != nil {
		hook(about)
	}
}
