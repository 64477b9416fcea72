package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registryv1 "example.com/client/gen/kserve/registry/v1"
)

const (
	firstDelay = 100 * time.Millisecond
	maxDelay   = 10 * time.Second
)

// Mirror has the registered models by name, kept up to date by a watch.
type Mirror struct {
	models      map[string]*registryv1.Model
	resumeToken string
	delay       time.Duration
}

// Follow follows the models until ctx is done. What is known stays while the service is away; afterwards the watch goes
// on where it was, by its token. onChange gets all models, first when all are known, then after each change. It returns
// the error with which the service refuses the watch for good.
func (m *Mirror) Follow(ctx context.Context, conn *grpc.ClientConn, onChange func(map[string]*registryv1.Model)) error {
	registry := registryv1.NewModelRegistryClient(conn)
	m.models, m.delay = map[string]*registryv1.Model{}, firstDelay
	for {
		// A restart of the service ends the watch with UNAVAILABLE.
		err := m.watch(ctx, registry, onChange)
		if !errors.Is(err, io.EOF) && status.Code(err) != codes.Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		// Half of it by chance, so that not all clients come back at once.
		case <-time.After(m.delay/2 + rand.N(m.delay/2)):
		}
		m.delay = min(2*m.delay, maxDelay)
	}
}

func (m *Mirror) watch(
	ctx context.Context, registry registryv1.ModelRegistryClient, onChange func(map[string]*registryv1.Model),
) error {
	if m.resumeToken == "" {
		// Without a token all current models are sent, but not which are gone.
		clear(m.models)
	}
	// No deadline: a watch lasts.
	events, err := registry.WatchModels(ctx, &registryv1.WatchModelsRequest{ResumeToken: m.resumeToken})
	if err != nil {
		return err
	}
	for synced := false; ; {
		event, err := events.Recv()
		if err != nil {
			return err
		}
		m.delay = firstDelay
		if token := event.GetResumeToken(); token != "" {
			m.resumeToken = token
		}
		switch model := event.GetModel(); event.GetEvent() {
		case registryv1.WatchEvent_WATCH_EVENT_ADDED, registryv1.WatchEvent_WATCH_EVENT_CHANGED:
			m.models[model.GetName()] = model
		case registryv1.WatchEvent_WATCH_EVENT_REMOVED:
			delete(m.models, model.GetName())
		case registryv1.WatchEvent_WATCH_EVENT_RESET:
			clear(m.models)
			synced = false
		case registryv1.WatchEvent_WATCH_EVENT_SYNCED:
			synced = true
		}
		if synced {
			onChange(m.models)
		}
	}
}
