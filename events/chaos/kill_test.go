package chaos

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

var kills = flag.Int("kills", 10, "how often TestKill kills the gateway, and TestCluster a server; the demand is 100")

// ackWindow is how long before a crash an ack may have been answered and yet be
// forgotten: the server writes what was acknowledged at most every 100 ms, and the write
// takes its time. It is much longer here than it is on an idle machine.
const ackWindow = 2 * time.Second

func howOften() int {
	if testing.Short() {
		return min(*kills, 3)
	}
	return *kills
}

// TestKill kills a gateway with a store in a folder at random moments under load. Every
// webhook that was answered with 200 is delivered to every subscription.
func TestKill(t *testing.T) {
	log, dir := logOf(t), t.TempDir()
	l := newLoad(t)
	p := gateway(t, log, dir, "")
	l.talkTo(p)
	l.declare()
	sending, stop := context.WithCancel(t.Context())
	receiving, end := context.WithCancel(t.Context())
	defer end()
	defer stop()
	wait := l.run(sending, receiving)
	for range howOften() {
		time.Sleep(rand.N(600 * time.Millisecond))
		p.kill()
		l.crash()
		p = gateway(t, log, dir, "")
		l.talkTo(p)
	}
	time.Sleep(time.Second)
	stop()
	l.settle(2 * time.Minute)
	time.Sleep(lendFor + time.Second) // for what might come again
	end()
	wait()
	l.judge(ackWindow)
}
