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
	// Whole makes an object one record, see ingest.Reader.
	Whole bool

	files   []string
	skipped []string
	total   int64
	read    atomic.Int64
}

// New returns a pipeline that reads files, all files with known [ingest.Endings] below
// directories, and Stdin.
func New(paths []string) *Pipeline {
	files, skipped := find(paths)
	return &Pipeline{files: files, skipped: skipped, total: total(files)}
}

// Files returns the number of files that are read.
func (p *Pipeline) Files() int { return len(p.files) }

// Skipped returns the files in directories that are not read.
func (p *Pipeline) Skipped() []string { return p.skipped }

// Progress returns the number of bytes that were read and the size of all files, 0 if
// it is unknown. Both are sizes before decompression.
func (p *Pipeline) Progress() (read, total int64) { return p.read.Load(), p.total }

// Chunk is a part of a file. It is valid until the function that it is passed to
// returns.
type Chunk struct {
	ingest.Chunk
	File     string
	Bytes    int // of the decompressed text
	Problems []ingest.Problem
	// Err is why the file cannot be read from here on. The chunk is then empty.
	Err error
}

// job is a chunk in the pipeline.
type job struct {
	Chunk
	block ingest.Block
	done  chan struct{}
}

// Run reads the files and calls use with each chunk, in order and in this goroutine.
// It returns the first error of use, or the context's.
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

// readFile sends the blocks of a file, and returns false when the context is done.
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
