package jetstream

import "testing"

// TestSync shows that the server syncs every event before it says that it has it: no test
// that kills processes can tell, since the kernel keeps what they wrote.
func TestSync(t *testing.T) {
	o, err := Options{Dir: t.TempDir()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	e, err := startEmbedded(o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.stop()
	if config := e.server.JetStreamConfig(); !config.SyncAlways {
		t.Errorf("the server's settings are %+v", config)
	}
	if e.server.Addr() != nil {
		t.Errorf("it listens at %v", e.server.Addr())
	}
}
