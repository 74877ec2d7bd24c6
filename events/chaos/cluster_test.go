package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// cluster is three servers, each a process.
type cluster struct {
	t         *testing.T
	log       string
	dirs      [3]string
	ports     []string // three for clients, three for routes
	processes [3]*process
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, log: logOf(t), ports: freePorts(t, 6)}
	root := t.TempDir()
	for i := range c.dirs {
		c.dirs[i] = filepath.Join(root, fmt.Sprint(i))
		c.start(i)
	}
	return c
}

func (c *cluster) start(i int) {
	c.t.Helper()
	ports := append([]string{c.ports[i], c.ports[3+i]}, c.ports[3:]...)
	c.processes[i] = spawn(c.t, c.log, envRole+"=nats", envName+"="+fmt.Sprint("server-", i), envDir+"="+c.dirs[i], envPort+"="+strings.Join(ports, ","))
}

func (c *cluster) url() string {
	var urls []string
	for _, port := range c.ports[:3] {
		urls = append(urls, "nats://127.0.0.1:"+port)
	}
	return strings.Join(urls, ",")
}

// whole waits until every server has all of the events and of the subscriptions: only
// then may the next one go.
func (c *cluster) whole() {
	c.t.Helper()
	conn, err := nats.Connect(c.url(), nats.MaxReconnects(-1))
	if err != nil {
		c.t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		c.t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		problem := c.lacking(js)
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the cluster is not whole after two minutes: %s", problem)
		}
	}
}

// lacking says what a server has not caught up with; empty if there is nothing.
func (c *cluster) lacking(js jetstream.JetStream) string {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	stream, err := js.Stream(ctx, "PORTONE_EVENTS")
	if err != nil {
		return err.Error()
	}
	if problem := behind(stream.CachedInfo().Cluster); problem != "" {
		return "the stream: " + problem
	}
	for _, name := range subscriptions {
		consumer, err := stream.Consumer(ctx, name)
		if err != nil {
			return name + ": " + err.Error()
		}
		if problem := behind(consumer.CachedInfo().Cluster); problem != "" {
			return name + ": " + problem
		}
	}
	return ""
}

func behind(info *jetstream.ClusterInfo) string {
	if info == nil || info.Leader == "" {
		return "no leader"
	}
	for _, peer := range info.Replicas {
		if !peer.Current || peer.Offline {
			return peer.Name + " is behind"
		}
	}
	if len(info.Replicas) != 2 {
		return fmt.Sprint(len(info.Replicas), " replicas")
	}
	return ""
}

// TestCluster kills the servers of a cluster at random moments, one at a time, under
// load.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: four processes are started")
	}
	c := startCluster(t)
	l := newLoad(t)
	l.pause = 80 * time.Millisecond // since all of the cluster shares this machine
	l.talkTo(gateway(t, logOf(t), "", c.url()))
	l.declare()
	c.whole()
	sending, stop := context.WithCancel(t.Context())
	receiving, end := context.WithCancel(t.Context())
	defer end()
	defer stop()
	wait := l.run(sending, receiving)
	for range howOften() {
		time.Sleep(rand.N(600 * time.Millisecond))
		victim := rand.IntN(3)
		c.processes[victim].kill()
		l.crash()
		time.Sleep(rand.N(time.Second))
		c.start(victim)
		c.whole()
	}
	time.Sleep(time.Second)
	stop()
	l.settle(5 * time.Minute)
	time.Sleep(lendFor + time.Second)
	end()
	wait()
	l.judge(ackWindow)
}
