package aws

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fluent-detect/fluent-detect/plugin/intake"
	"github.com/fluent-detect/fluent-detect/plugin/logger"
	fake "github.com/fluent-detect/fluent-detect/test/aws"
)

// notes starts an Announced in a directory, of which nothing is taken until the test does.
func notes(t *testing.T, c *fake.Server, dir string, limit int) (*Announced, *intake.Queue) {
	t.Helper()
	log := logger.Log(func(_ logger.Level, message string) { t.Log(message) })
	stats := new(intake.Stats)
	queue := intake.NewQueue(intake.Options{Acknowledge: intake.Evaluated, InFlight: 1 << 20, Stats: stats, Log: log})
	timing := defaultTiming
	timing.tick, timing.minDelay = 20*time.Millisecond, 20*time.Millisecond
	a, err := startAnnounced(context.Background(), AnnouncedOptions{Dir: dir, Account: Account{Region: "eu-west-1", Endpoint: c.URL},
		Parallel: 2, Queue: queue, Stats: stats, Notes: new(Notes), Errors: new(Errors), Log: log}, timing, limit)
	if err != nil {
		t.Fatal(err)
	}
	return a, queue
}

func (a *Announced) held() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.items)
}

// Objects are noted up to a limit, stay until they are confirmed, and are read again if they
// are announced while they are read.
func TestAnnounced(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c, dir := fake.New(t), t.TempDir()
	object := func(i int) Object { return Object{Bucket: "b", Key: fmt.Sprint(i), Size: -1} }
	for i := range 4 {
		c.Put("b", fmt.Sprint(i), []byte(fmt.Sprintf(`{"Records":[{"eventID":"%d"}]}`, i)))
	}
	end := func(a *Announced, q *intake.Queue) {
		a.Stop()
		q.Close()
		a.Close()
	}
	events := func(q *intake.Queue, want int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); want > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d events are missing", want)
			}
			for _, b := range q.Take(0) {
				want -= b.Records
			}
			q.Taken(true)
		}
	}
	forgotten := func(a *Announced) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); a.held() > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d objects are still noted", a.held())
			}
		}
	}

	a, q := notes(t, c, dir, 2)
	if err := a.Note([]Object{object(0), object(1), object(0)}); err != nil {
		t.Fatal(err)
	}
	if err := a.Note([]Object{object(1)}); err != nil {
		t.Errorf("an object that is noted already: %v", err)
	}
	if err := a.Note([]Object{object(2)}); !errors.Is(err, ErrFull) {
		t.Errorf("the error is %v, want %v", err, ErrFull)
	}
	end(a, q)
	if err := a.Note([]Object{object(0)}); err == nil {
		t.Error("an object is noted after the end")
	}

	a, q = notes(t, c, dir, 2) // nothing was confirmed
	if n := a.held(); n != 2 {
		t.Errorf("%d objects were left, want 2", n)
	}
	events(q, 2)
	forgotten(a)
	if err := a.Note([]Object{object(0), object(1), object(2)}); err != nil {
		t.Errorf("one notification may name more than the limit: %v", err)
	}
	events(q, 3)
	forgotten(a)

	if err := a.Note([]Object{object(3)}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if all := q.Take(0); len(all) > 0 { // it is being read
			break
		} else if time.Now().After(deadline) {
			t.Fatal("no batch")
		}
		q.Taken(true)
	}
	if err := a.Note([]Object{object(3)}); err != nil {
		t.Fatal(err)
	}
	q.Taken(true)
	events(q, 1)
	forgotten(a)
	end(a, q)
	a, q = notes(t, c, dir, 2)
	if n := a.held(); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	end(a, q)
}
