package jetstream

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// intact compares what the folder has with what the server has found in it. A stream
// whose description is damaged is left out by the server with no more than a line in its
// log, and would be made anew here, empty.
func (s *session) intact(ctx context.Context, dir string) error {
	folders, err := subfolders(filepath.Join(dir, "jetstream", "$G", "streams"))
	if err != nil {
		return err
	}
	names := s.js.StreamNames(ctx)
	var found []string
	for name := range names.Name() {
		found = append(found, name)
	}
	if err := names.Err(); err != nil {
		return err
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		if !slices.Contains(found, name) {
			if holdsMessages(folder) {
				return damaged(folder)
			}
			continue // it was being made when the process ended
		}
		if err := s.removeOrphans(ctx, name, folder); err != nil {
			return err
		}
	}
	return nil
}

// removeOrphans removes what the server has left out of the consumers of a stream: a crash
// ended its making, its change or its end. What it says must not come to belong to a
// consumer that is made anew under its name (see declaration).
func (s *session) removeOrphans(ctx context.Context, stream, folder string) error {
	folders, err := subfolders(filepath.Join(folder, "obs"))
	if err != nil || len(folders) == 0 {
		return err
	}
	handle, err := s.js.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("%s has something in it that is damaged, or of a newer version: %w", folder, err)
	}
	for _, consumer := range folders {
		_, err := handle.Consumer(ctx, filepath.Base(consumer))
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			err = os.RemoveAll(consumer)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func damaged(path string) error {
	return fmt.Errorf("%s cannot be read: it is damaged, or encrypted with another key; restore it, or remove it and accept what is lost with it", path)
}

// subfolders are the paths of the folders in a folder; none if it is not there.
func subfolders(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, filepath.Join(path, entry.Name()))
		}
	}
	return folders, err
}

// holdsMessages reports whether a stream's folder has any.
func holdsMessages(folder string) bool {
	blocks, _ := filepath.Glob(filepath.Join(folder, "msgs", "*.blk"))
	return slices.ContainsFunc(blocks, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() > 0
	})
}
