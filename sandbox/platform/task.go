package platform

import (
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// newTask makes a bulk task whose items have all been begun.
func (m *mode) newTask(kind portonev2.PlatformBulkTaskType, items int) *portonev2.PlatformBulkTask {
	id := m.world.IDs.UUID("platform bulk task")
	now := m.world.Clock.Timestamp()
	task := &portonev2.PlatformBulkTask{
		Id:        &id,
		GraphqlId: world.Ptr(world.GraphQLID("PlatformBulkTask", m.test, id)),
		Status:    portonev2.PlatformBulkTaskStatus_PLATFORM_BULK_TASK_STATUS_PROCESSING.Enum(),
		Type:      kind.Enum(),
		ProgressStats: &portonev2.PlatformBulkTaskProgressStats{
			PreparedCount:   world.Ptr[int64](0),
			ProcessingCount: world.Ptr(int64(items)),
			SucceededCount:  world.Ptr[int64](0),
			FailedCount:     world.Ptr[int64](0),
			CanceledCount:   world.Ptr[int64](0),
		},
		IsForTest:       world.Ptr(m.test),
		StatusUpdatedAt: now,
		CreatedAt:       now,
		UpdatedAt:       now,
	}
	m.tasks = append(m.tasks, task)
	return task
}

// progress notes the end of an item of a bulk task, and with the last one the end
// of the task.
func (m *mode) progress(task *portonev2.PlatformBulkTask, done bool) {
	stats := task.GetProgressStats()
	*stats.ProcessingCount--
	if done {
		*stats.SucceededCount++
	} else {
		*stats.FailedCount++
	}
	task.UpdatedAt = m.world.Clock.Timestamp()
	if stats.GetProcessingCount() == 0 {
		task.Status = portonev2.PlatformBulkTaskStatus_PLATFORM_BULK_TASK_STATUS_COMPLETED.Enum()
		task.StatusUpdatedAt = task.GetUpdatedAt()
	}
}
