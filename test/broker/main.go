// Command broker is a Kafka broker for tests: it serves the lines of its standard input
// as messages of a topic, its argument, prints its address, and exits when the standard
// input ends.
//
// It is a separate module, so that the project's go.mod lists only what is released.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: broker TOPIC")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal("broker: ", err)
	}
}

func run(topic string) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	if err != nil {
		return err
	}
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic(topic))
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Println(cluster.ListenAddrs()[0])
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		record := kgo.SliceRecord([]byte(lines.Text()))
		if err := client.ProduceSync(context.Background(), record).FirstErr(); err != nil {
			return err
		}
	}
	return lines.Err()
}
