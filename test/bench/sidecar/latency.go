package sidecar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/fluent-detect/fluent-detect/test/bench/events"
	"github.com/fluent-detect/fluent-detect/test/bench/pipeline"
)

// Latency is the time from sending a request to its answer.
type Latency struct {
	Alone pipeline.Distribution // of requests without a match, while there are no others
	Quiet pipeline.Distribution // of requests without a match, while others have one
	Match pipeline.Distribution // of requests with a match
}

const (
	clients          = 16 // one of them sends matches
	eventsPerRequest = 10
	// pause is the mean time between two requests of a client without matches, so
	// that they wait for each other and for the disk rather than for the processor.
	pause = 20 * time.Millisecond
)

// Measure starts the program at path as a sidecar with a state path in dir, sends
// requests for so long, first without matches and then with them, and stops it. The
// client with matches sends one request after the other, so that a commit is nearly
// always under way.
func Measure(path, dir string, duration time.Duration) (l Latency, err error) {
	dir, err = os.MkdirTemp(dir, "latency")
	if err != nil {
		return Latency{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := start(path, dir)
	if err != nil {
		return Latency{}, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()

	alone, err := s.clients(1, duration)
	if err != nil {
		return Latency{}, err
	}
	all, err := s.clients(0, duration)
	if err != nil {
		return Latency{}, err
	}
	return Latency{
		Alone: pipeline.DistributionOf(slices.Concat(alone...)),
		Quiet: pipeline.DistributionOf(slices.Concat(all[1:]...)),
		Match: pipeline.DistributionOf(all[0]),
	}, nil
}

// clients runs the clients from first on, and returns the times of each.
func (s *process) clients(first int, duration time.Duration) (took [][]float64, err error) {
	end := time.Now().Add(duration)
	var wg sync.WaitGroup
	took = make([][]float64, clients)
	errs := make([]error, clients)
	for i := first; i < clients; i++ {
		wg.Go(func() { took[i], errs[i] = s.client(i, end) })
	}
	wg.Wait()
	return took, errors.Join(errs...)
}

// quiet are bodies without a match.
var quiet = func() (all [][]byte) {
	for i := range 64 {
		var b bytes.Buffer
		for n := range eventsPerRequest {
			b.WriteString(events.Ordinary(i*eventsPerRequest+n) + "\n")
		}
		all = append(all, b.Bytes())
	}
	return all
}()

// client sends requests until the end; client 0 those with matches, each with
// another event.
func (s *process) client(number int, end time.Time) (took []float64, err error) {
	c := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	defer c.CloseIdleConnections()
	for i := 0; time.Now().Before(end); i++ {
		body := quiet[(number+i)%len(quiet)]
		if number == 0 {
			body = append([]byte(events.Match(i)+"\n"), body...)
		}
		begin := time.Now()
		if err := post(c, s.url, body); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begin).Seconds())
		if number > 0 {
			time.Sleep(rand.N(2 * pause))
		}
	}
	return took, nil
}

func post(c *http.Client, url string, body []byte) error {
	answer, err := c.Post(url, "application/x-ndjson", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the sidecar answers %s: %s", answer.Status, text)
	}
	return err
}
