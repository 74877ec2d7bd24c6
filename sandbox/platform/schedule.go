package platform

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// schedule is an update to be carried out later. What an update leaves alone may
// change until then, so the update is kept, not its result.
type schedule[U proto.Message] struct {
	update U
	at     *timestamppb.Timestamp
	cancel func()
}

// plan schedules the first update of an object, and returns what it will leave.
func (s *versionedStore[O, U]) plan(id string, update U, at *timestamppb.Timestamp) (none O, err error) {
	it, err := s.open(id, update)
	if err != nil {
		return none, err
	}
	if it.schedule != nil {
		return none, world.Refuse(s.words.scheduled, "%s %q has a scheduled update already", s.name, id)
	}
	err = firstOf(
		func() error { return s.future(at) },
		func() error { return askAbout(s.mayUpdate, it.object, update) },
		func() error { return ask(s.maySchedule, it.object) })
	if err != nil {
		return none, err
	}
	tell(s.accepted, update)
	s.setSchedule(it, update, at)
	return s.preview(it), nil
}

// replan puts another update in place of the scheduled one. An object without a
// scheduled update, as all are that are archived, is not found: PortOne lists no
// other error for it.
func (s *versionedStore[O, U]) replan(id string, update U, at *timestamppb.Timestamp) (none O, err error) {
	if err := s.valid(update); err != nil {
		return none, err
	}
	it, err := s.find(id)
	if err != nil {
		return none, err
	}
	err = firstOf(
		func() error { return s.future(at) },
		func() error { return ask(s.maySchedule, it.object) },
		func() error { return s.hasSchedule(it) },
		func() error { return askAbout(s.mayUpdate, it.object, update) })
	if err != nil {
		return none, err
	}
	tell(s.accepted, update)
	s.setSchedule(it, update, at)
	return s.preview(it), nil
}

// planned is an object as its scheduled update will leave it.
func (s *versionedStore[O, U]) planned(id string) (none O, err error) {
	it, err := s.findScheduled(id)
	if err != nil {
		return none, err
	}
	return s.preview(it), nil
}

// unplan cancels the scheduled update.
func (s *versionedStore[O, U]) unplan(id string) error {
	it, err := s.findScheduled(id)
	if err != nil {
		return err
	}
	it.schedule.cancel()
	it.schedule = nil
	s.count("schedule-cancelled")
	return nil
}

// setSchedule schedules an update that nothing is against, in place of the one
// before, if any.
func (s *versionedStore[O, U]) setSchedule(it *item[O, U], update U, at *timestamppb.Timestamp) {
	if it.schedule != nil {
		it.schedule.cancel()
	}
	update = proto.CloneOf(update)
	cancel := s.world.Clock.At(at.AsTime(), func() {
		it.schedule = nil
		s.change(it, update)
		s.count("schedule-applied")
	})
	it.schedule = &schedule[U]{update: update, at: proto.CloneOf(at), cancel: cancel}
	s.count("scheduled")
}

// preview is what the scheduled update of an item will leave.
func (s *versionedStore[O, U]) preview(it *item[O, U]) O {
	o := proto.CloneOf(it.object)
	s.apply(o, it.schedule.update)
	set(o, "applied_at", proto.CloneOf(it.schedule.at).ProtoReflect())
	return o
}

func (s *versionedStore[O, U]) findScheduled(id string) (*item[O, U], error) {
	it, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return it, s.hasSchedule(it)
}

func (s *versionedStore[O, U]) hasSchedule(it *item[O, U]) error {
	if it.schedule == nil {
		return world.Refuse(s.words.notFound, "%s %q has no scheduled update", s.name, it.object.GetId())
	}
	return nil
}

// future refuses a time that has passed.
func (s *versionedStore[O, U]) future(at *timestamppb.Timestamp) error {
	if at.CheckValid() != nil || !at.AsTime().After(s.world.Clock.Now()) {
		return world.Invalid("appliedAt: %s is not in the future", at.AsTime().Format(time.RFC3339Nano))
	}
	return nil
}
