package http1_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// astray is an answer that no one may get.
var astray = "HTTP/1.1 200 OK\r\nId: astray\r\nContent-Length: 6\r\n\r\nastray"

// framings are the ways in which the server of TestNoAnswerGoesAstray answers. Each is
// written in its pieces, with a moment between them; the connection ends after one
// without keep.
var framings = []struct {
	name   string
	keep   bool
	early  bool // before the body of the request has been read
	pieces func(id, body string) []string
}{
	{"a length", true, false, func(id, body string) []string {
		return []string{head(200, id, fmt.Sprintf("Content-Length: %d", len(body))) + body}
	}},
	{"a length, in pieces", true, false, func(id, body string) []string {
		return []string{head(200, id, fmt.Sprintf("Content-Length: %d", len(body))), body[:len(body)/2], body[len(body)/2:]}
	}},
	{"a length, early", true, true, func(id, body string) []string {
		return []string{head(413, id, fmt.Sprintf("Content-Length: %d", len(body))) + body}
	}},
	{"chunks", true, false, func(id, body string) []string {
		return []string{head(200, id, "Transfer-Encoding: chunked"), chunk(body[:1]) + chunk(body[1:]), "0\r\n\r\n"}
	}},
	{"chunks and trailers", true, false, func(id, body string) []string {
		return []string{head(200, id, "Transfer-Encoding: chunked") + chunk(body), "0\r\nId: trailer\r\n", "A: b\r\n\r\n"}
	}},
	{"the end of the connection", false, false, func(id, body string) []string {
		return []string{head(200, id, "X: y"), body}
	}},
	{"HTTP/1.0", false, false, func(id, body string) []string {
		return []string{strings.Replace(head(200, id, fmt.Sprintf("Content-Length: %d", len(body))), "1.1", "1.0", 1) + body}
	}},
	{"204", true, false, func(id, _ string) []string { return []string{head(204, id, "X: y")} }},
	{"304", true, false, func(id, _ string) []string { return []string{head(304, id, "X: y")} }},
	{"204 and a body", true, false, func(id, _ string) []string {
		return []string{head(204, id, fmt.Sprintf("Content-Length: %d", len(astray))), astray}
	}},
	{"304 and a body", true, false, func(id, _ string) []string {
		return []string{head(304, id, fmt.Sprintf("Content-Length: %d", len(astray))), astray}
	}},
	{"204 and chunks", true, false, func(id, _ string) []string {
		return []string{head(204, id, "Transfer-Encoding: chunked"), astray, "0\r\n\r\n"}
	}},
	{"interim answers", true, false, func(id, body string) []string {
		return []string{"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nId: hints\r\n\r\n" + head(200, id, fmt.Sprintf("Content-Length: %d", len(body))), body}
	}},
	{"another answer behind it", true, false, func(id, body string) []string {
		return []string{head(200, id, fmt.Sprintf("Content-Length: %d", len(body))) + body + astray}
	}},
	{"another answer behind chunks", true, false, func(id, body string) []string {
		return []string{head(200, id, "Transfer-Encoding: chunked") + chunk(body) + "0\r\n\r\n" + astray}
	}},
	{"half a length", false, false, func(id, body string) []string {
		return []string{head(200, id, fmt.Sprintf("Content-Length: %d", len(body)+1)) + body}
	}},
	{"half of chunks", false, false, func(id, body string) []string {
		return []string{head(200, id, "Transfer-Encoding: chunked") + chunk(body)}
	}},
	{"half a head", false, false, func(id, _ string) []string { return []string{"HTTP/1.1 200 OK\r\nId: " + id} }},
	{"nothing", false, false, func(string, string) []string { return nil }},
}

func head(status int, id, line string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\nId: %s\r\n%s\r\n\r\n", status, id, line)
}

func chunk(body string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(body), body) }

// answerAnyhow answers each request as its target asks for.
func answerAnyhow(p *peer) {
	for {
		var id string
		var framing, length int
		for {
			line, err := p.in.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = fmt.Sscanf(line, "POST /%d", &framing)
			_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
			_, _ = fmt.Sscanf(line, "Id: %s", &id)
			if line == "\r\n" {
				break
			}
		}
		f := framings[framing]
		if !f.early {
			_, _ = io.CopyN(io.Discard, p.in, int64(length))
		}
		for i, piece := range f.pieces(id, bodyOf(id)) {
			if i > 0 {
				time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
			}
			if _, err := io.WriteString(p, piece); err != nil {
				return
			}
		}
		if f.early {
			_, _ = io.CopyN(io.Discard, p.in, int64(length))
		}
		if !f.keep {
			return
		}
	}
}

// bodyOf is the body of an answer, which has its id everywhere.
func bodyOf(id string) string { return strings.Repeat(id+" ", 1+len(id)*int(id[len(id)-1]-'0')*20) }

// TestNoAnswerGoesAstray: however answers are framed, and whenever calls are given up,
// no part of an answer ever reaches another call.
func TestNoAnswerGoesAstray(t *testing.T) {
	calls := 250
	if testing.Short() {
		calls = 100
	}
	for _, kind := range network {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := serve(t, kind, answerAnyhow)
			c := s.client(t, func(c *http1.Config) { c.MaxIdle = 6 })
			var whole atomic.Int32
			var wait sync.WaitGroup
			for caller := range 12 {
				wait.Go(func() {
					random := rand.New(rand.NewPCG(7, uint64(caller)))
					for call := range calls {
						ok, err := callAnyhow(c, random, fmt.Sprintf("%d-%d", caller, call))
						if err != nil {
							t.Error(err)
							return
						}
						if ok {
							whole.Add(1)
						}
					}
				})
			}
			wait.Wait()
			if n := int(whole.Load()); n < calls { // of twelve times as many
				t.Errorf("%d calls got their answer", n)
			}
			if n := int(s.accepted.Load()); n > 11*calls {
				t.Errorf("%d connections for %d calls: none is used again", n, 12*calls)
			}
		})
	}
}

// callAnyhow makes a call and perhaps gives it up, and reports whether it got its whole
// answer. An error is an answer of another call's.
func callAnyhow(c *http1.Client, random *rand.Rand, id string) (whole bool, err error) {
	i := random.IntN(len(framings))
	req := post(fmt.Sprintf("/%d", i), bytes.Repeat([]byte("x"), []int{0, 10, 10, 10, 300_000}[random.IntN(5)]))
	req.Header = []byte("Id: " + id + "\r\n")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	deadline := time.Now().Add(4 * soon)
	switch random.IntN(6) {
	case 0:
		time.AfterFunc(time.Duration(random.IntN(1500))*time.Microsecond, cancel)
	case 1:
		deadline = time.Now().Add(time.Duration(random.IntN(1500)) * time.Microsecond)
	}
	var resp http1.Response
	body, whole := "", false
	if random.IntN(3) == 0 {
		body, whole = openAnyhow(ctx, deadline, c, random, req, &resp)
	} else if buf, err := c.Do(ctx, deadline, req, &resp); err == nil {
		body, whole = string(*buf), true
		bytepool.Shared.Put(buf)
	}
	want := bodyOf(id)
	switch got := resp.Header().Get("Id"); {
	case resp.Status != 0 && got != id:
		return false, fmt.Errorf("call %s (%s) got the head of %q", id, framings[i].name, got)
	case resp.Status == 204 || resp.Status == 304:
		want = ""
	}
	if !strings.HasPrefix(want, body) || whole && body != want {
		return false, fmt.Errorf("call %s (%s) got %d, whole %t, %.60q; want %.60q", id, framings[i].name, resp.Status, whole, body, want)
	}
	return whole, nil
}

// openAnyhow reads the answer by itself, perhaps not all of it.
func openAnyhow(ctx context.Context, deadline time.Time, c *http1.Client, random *rand.Rand, req *http1.Request, resp *http1.Response) (body string, whole bool) {
	stream, err := c.Open(ctx, deadline, req, resp)
	if err != nil {
		return "", false
	}
	defer stream.Close()
	if random.IntN(2) == 0 {
		some := make([]byte, random.IntN(200))
		n, _ := io.ReadFull(stream, some)
		return string(some[:n]), false
	}
	all, err := io.ReadAll(stream)
	return string(all), err == nil
}
