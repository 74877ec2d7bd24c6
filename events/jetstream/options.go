package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
)

// Options configure a Store: with Dir an embedded one, with URL one on a NATS cluster.
type Options struct {
	// Dir is the folder of the embedded store, which is made if it is not there. One
	// process at a time can use it.
	Dir string

	// KeyFile is a file with the key that the embedded store is encrypted with: its first
	// line, at least 16 bytes. A second line is the key before it, for the one start that
	// changes keys. Empty: no encryption.
	KeyFile string

	// URL is where the cluster is, nats:// or tls://, several with commas between.
	URL string

	// Connect are further options for connecting to the cluster, such as credentials
	// and TLS.
	Connect []nats.Option

	// Replicas is how many servers of the cluster hold each event: 1, 3 or 5. Default: 3.
	// An embedded store has 1.
	Replicas int

	// Name begins the names of streams and subjects, so that stores can stand beside each
	// other in one account: lower-case letters and digits. Default: "portone".
	Name string

	// MaxBytes is how much room events may take. What does not fit is refused, never
	// what is older deleted. Default: 1 GiB.
	MaxBytes int64

	// MaxParkedBytes is how much parked events may take. Default: a quarter of MaxBytes.
	MaxParkedBytes int64

	// MaxAge is how long events are kept, whether they are acknowledged or not. Default:
	// 30 days.
	MaxAge time.Duration

	// DuplicateWindow is how long ids of events are remembered, in memory, about 150
	// bytes each. Default: 24 hours. PortOne repeats for up to 5.7.
	DuplicateWindow time.Duration

	// Timeout bounds every request to the store. Default: 5 s. PortOne waits for 10.
	Timeout time.Duration

	// Logger gets what the store has to say; never anything of an event. Default:
	// slog.Default().
	Logger *slog.Logger
}

// The default settings.
const (
	DefaultMaxBytes        = 1 << 30
	DefaultMaxAge          = 30 * 24 * time.Hour
	DefaultDuplicateWindow = 24 * time.Hour

	defaultName     = "portone"
	defaultReplicas = 3
	defaultTimeout  = 5 * time.Second

	// markBytes is how much room notes may take.
	markBytes = 16 << 20
	// minBytes is how small a store may be.
	minBytes = 1 << 20
)

var isName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`).MatchString

// withDefaults returns the options with defaults, or an error if they cannot be.
func (o Options) withDefaults() (Options, error) {
	if (o.Dir == "") == (o.URL == "") {
		return o, errors.New("a store of events is either in a folder or on a NATS cluster")
	}
	if o.KeyFile != "" && o.Dir == "" {
		return o, errors.New("a NATS cluster encrypts by its own settings; a key is for a folder")
	}
	setDefault(&o.Name, defaultName)
	setDefault(&o.MaxBytes, DefaultMaxBytes)
	setDefault(&o.MaxParkedBytes, o.MaxBytes/4)
	setDefault(&o.MaxAge, DefaultMaxAge)
	setDefault(&o.DuplicateWindow, DefaultDuplicateWindow)
	setDefault(&o.Timeout, defaultTimeout)
	if o.Dir != "" {
		o.Replicas = 1
	}
	setDefault(&o.Replicas, defaultReplicas)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	switch {
	case !isName(o.Name):
		return o, fmt.Errorf("the name %q must be lower-case letters and digits", o.Name)
	case o.MaxBytes < minBytes || o.MaxParkedBytes < minBytes/4:
		return o, fmt.Errorf("the store must have room for at least %d bytes", minBytes)
	case o.Replicas != 1 && o.Replicas != 3 && o.Replicas != 5:
		return o, fmt.Errorf("there must be 1, 3 or 5 replicas, not %d", o.Replicas)
	case o.DuplicateWindow < time.Minute || o.DuplicateWindow > o.MaxAge:
		return o, fmt.Errorf("ids must be remembered for at least a minute and not longer than events are kept (%v), not for %v", o.MaxAge, o.DuplicateWindow)
	}
	return o, nil
}

func setDefault[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}
