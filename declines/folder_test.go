package declines

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// patience is how long a test waits for what must happen. Nothing is measured
// against it: a test that reaches it has failed.
const patience = 30 * time.Second

// journal is a log that is read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

// table is a dictionary of Inicis with one code.
func table(reason string) string {
	return "#pg\tINICIS_V2\n#source\tmine\t2026\tOur own notes\n" +
		"pg_code\tcode\treason\tnext\tenglish_what\tenglish_next\tkorean_what\tkorean_next\tsource\n" +
		fmt.Sprintf("V801\tFAILED_PRECONDITION\t%s\tASK_FOR_ANOTHER_METHOD\tWhat.\tNext.\t무엇.\t다음.\tmine\n", reason)
}

// TestFolder: what is in the folder is used, as soon as it changes, and never half
// of it.
func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "codes")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "inicis.tsv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mapper := newMapper(t)
	reason := func() string {
		d, ok := mapper.Dictionaries().Explain(errmap.PG{Name: "INICIS_V2"}, "V801")
		if !ok {
			return ""
		}
		return strings.TrimPrefix(d.Reason().String(), "DECLINE_REASON_")
	}
	log := new(journal)
	logger := slog.New(slog.NewTextHandler(log, nil))
	write(table("CARD_SUSPENDED"))
	f, err := newFolder(dir, mapper, logger, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := reason(); got != "CARD_SUSPENDED" {
		t.Fatalf("%s", got)
	}
	if d, ok := mapper.Dictionaries().Explain(errmap.PG{Name: "KCP_V2"}, "CC43"); !ok || d.Reason() != portonev2.DeclineReason_DECLINE_REASON_CARD_LOST_OR_STOLEN {
		t.Error("the gateway's own dictionaries are gone")
	}
	write(table("ISSUER_DECLINED"))
	wait(t, "the change", func() bool { return reason() == "ISSUER_DECLINED" })

	write(table("NO_REASON"))
	const problem = `inicis.tsv:4:26: the contract has no decline reason "NO_REASON"`
	wait(t, "the problem", func() bool { // after others, while the file is being written
		err := f.Problem()
		return err != nil && err.Error() == problem
	})
	if got := reason(); got != "ISSUER_DECLINED" {
		t.Errorf("with a mistake in the file: %s", got)
	}
	wait(t, "the log", func() bool { return log.count("inicis.tsv:4:26") > 0 })
	write(table("CARD_EXPIRED"))
	wait(t, "the repair", func() bool { return f.Problem() == nil && reason() == "CARD_EXPIRED" })
	if n := log.count("inicis.tsv:4:26"); n != 1 {
		t.Errorf("the problem is %d times in the log", n)
	}
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	wait(t, "the loss of the folder", func() bool { return f.Problem() != nil })
	if got := reason(); got != "CARD_EXPIRED" {
		t.Errorf("without the folder: %q", got)
	}
}

// TestBadFolder: a start with a mistake in the folder fails and says where.
func TestBadFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.tsv"), []byte("#pg\tKPC\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                          `a.tsv:1:5: PortOne knows no PG "KPC"`,
		filepath.Join(dir, "a.tsv"):  "open " + filepath.Join(dir, "a.tsv"),
		filepath.Join(dir, "absent"): "open " + filepath.Join(dir, "absent"),
	} {
		if _, err := NewFolder(path, newMapper(t), nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}

func wait(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s has not come", what)
		}
	}
}
