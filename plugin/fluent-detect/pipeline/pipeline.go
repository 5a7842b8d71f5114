package pipeline

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/fluent-detect/fluent-detect/detector/ingest"
)

// Pipeline reads files. It is used once.
type Pipeline struct {
	// Whole: objects are documents, see ingest.Reader.
	Whole bool

	files []string
	total int64
	read  atomic.Int64
}

// New returns a pipeline that reads the files, "-" among them for the standard
// input.
func New(files []string) *Pipeline { return &Pipeline{files: files, total: total(files)} }

// Progress returns how many bytes of the files were read, and how many there
// are, 0 when that is not known. Packed files count as they are.
func (p *Pipeline) Progress() (read, total int64) { return p.read.Load(), p.total }

// Chunk is a piece of a file. It belongs to the one who gets it until the next
// is asked for.
type Chunk struct {
	ingest.Chunk
	File     string
	Bytes    int // of text
	Problems []ingest.Problem
	// Err: the file cannot be read, or not on. Such a chunk has nothing else.
	Err error
}

// job is a chunk on its way.
type job struct {
	Chunk
	block ingest.Block
	done  chan struct{}
}

// Run reads everything and calls use with each chunk, in the order of the
// files, in this goroutine. It ends early with the error of use, or with the
// context's.
func (p *Pipeline) Run(ctx context.Context, use func(*Chunk) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	workers := runtime.GOMAXPROCS(0)
	jobs := 2*workers + 2
	free := make(chan *job, jobs)
	work := make(chan *job, jobs)
	order := make(chan *job, jobs)
	for range jobs {
		free <- &job{done: make(chan struct{}, 1)}
	}
	for range workers {
		go func() {
			for j := range work {
				if j.Err == nil {
					j.Fill(&j.block, time.Now())
					j.Bytes, j.Problems = j.block.Len(), j.block.Problems
				}
				j.done <- struct{}{}
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(work)
		for _, name := range p.files {
			if !p.readFile(ctx, name, free, func(j *job) { work <- j; order <- j }) {
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, ok := <-order:
			if !ok {
				return ctx.Err()
			}
			<-j.done
			if err := use(&j.Chunk); err != nil {
				return err
			}
			free <- j
		}
	}
}

// readFile sends the blocks of a file, and reports whether to go on.
func (p *Pipeline) readFile(ctx context.Context, name string, free chan *job, send func(*job)) bool {
	next := func() *job {
		select {
		case <-ctx.Done():
			return nil
		case j := <-free:
			j.Chunk = Chunk{Chunk: j.Chunk.Chunk, File: name}
			return j
		}
	}
	f, err := open(name, p.Whole, &p.read)
	if err == nil {
		defer f.close()
	}
	for {
		j := next()
		if j == nil {
			return false
		}
		if err == nil {
			err = f.reader.Next(&j.block)
		}
		if ingest.IsEnd(err) {
			free <- j
			return true
		}
		j.Err = err
		send(j)
		if err != nil {
			return true
		}
	}
}
