// The story that every client tells (see clients.ts), with sarama: BOOTSTRAP PREFIX
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

const first = 1_700_000_000_000

var (
	bootstrap                = []string{os.Args[1]}
	topicIn, topicOut, group = os.Args[2] + "-in", os.Args[2] + "-out", os.Args[2] + "-group"
	admin                    sarama.ClusterAdmin
	common                   sarama.Client
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func say(step string, found map[string]any) {
	found["step"] = step
	line, err := json.Marshal(found)
	must(err)
	fmt.Println(string(line))
}

func config() *sarama.Config {
	made := sarama.NewConfig()
	made.Producer.Return.Successes = true
	made.Producer.RequiredAcks = sarama.WaitForAll
	made.Producer.Idempotent = true
	made.Producer.Partitioner = sarama.NewManualPartitioner
	made.Producer.Compression = sarama.CompressionSnappy
	made.Net.MaxOpenRequests = 1
	made.Consumer.Offsets.Initial = sarama.OffsetOldest
	made.Consumer.Offsets.AutoCommit.Enable = false
	return made
}

func create() {
	never, changed := "-1", "123456"
	must(admin.CreateTopic(topicIn, &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 1,
		ConfigEntries: map[string]*string{"retention.ms": &never}}, false))
	must(admin.CreateTopic(topicOut, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false))
	must(admin.IncrementalAlterConfig(sarama.TopicResource, topicIn, map[string]sarama.IncrementalAlterConfigsEntry{
		"max.message.bytes": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &changed}}, false))
	value := ""
	for i := 0; i < 100 && value != changed; i++ {
		time.Sleep(50 * time.Millisecond)
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topicIn, ConfigNames: []string{"max.message.bytes"}})
		must(err)
		value = entries[0].Value
	}
	topics, err := admin.DescribeTopics([]string{topicIn})
	must(err)
	say("create", map[string]any{"partitions": len(topics[0].Partitions), "maxMessageBytes": value})
}

func produce(from, to int) {
	producer, err := sarama.NewSyncProducer(bootstrap, config())
	must(err)
	defer producer.Close()
	messages := []*sarama.ProducerMessage{}
	for i := from; i < to; i++ {
		value := strconv.Itoa(i)
		messages = append(messages, &sarama.ProducerMessage{
			Topic: topicIn, Partition: int32(i % 3), Key: sarama.StringEncoder("k" + value), Value: sarama.StringEncoder(value),
			Timestamp: time.UnixMilli(first + int64(i)*1000), Headers: []sarama.RecordHeader{{Key: []byte("n"), Value: []byte(value)}},
		})
	}
	must(producer.SendMessages(messages))
}

// A member of the group: it takes values until it has as many as are wanted.
type member struct {
	lock   sync.Mutex
	values map[int]bool
	wanted int
	done   context.CancelFunc
}

func (m *member) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		value := string(message.Value)
		m.lock.Lock()
		if string(message.Key) == "k"+value && string(message.Headers[0].Value) == value {
			n, err := strconv.Atoi(value)
			must(err)
			m.values[n] = true
		}
		session.MarkMessage(message, "")
		if len(m.values) == m.wanted {
			session.Commit()
			m.done()
		}
		m.lock.Unlock()
	}
	return nil
}

func read(count int) []int {
	consumers, err := sarama.NewConsumerGroup(bootstrap, group, config())
	must(err)
	ctx, done := context.WithTimeout(context.Background(), time.Minute)
	defer done()
	taker := &member{values: map[int]bool{}, wanted: count, done: done}
	for ctx.Err() == nil {
		must(consumers.Consume(ctx, []string{topicIn}, taker))
	}
	must(consumers.Close())
	sorted := []int{}
	for n := range taker.values {
		sorted = append(sorted, n)
	}
	sort.Ints(sorted)
	return sorted
}

func offsets(time int64) []int64 {
	found := []int64{}
	for p := int32(0); p < 3; p++ {
		offset, err := common.GetOffset(topicIn, p, time)
		must(err)
		found = append(found, offset)
	}
	return found
}

func committed(groupID string) []int64 {
	response, err := admin.ListConsumerGroupOffsets(groupID, map[string][]int32{topicIn: {0, 1, 2}})
	must(err)
	found := []int64{}
	for p := int32(0); p < 3; p++ {
		found = append(found, response.GetBlock(topicIn, p).Offset)
	}
	return found
}

// Reads a partition from an offset until a value has come that it is told to end with.
func readFrom(topic string, offset int64, isolation sarama.IsolationLevel, end int64) []*sarama.ConsumerMessage {
	settings := config()
	settings.Consumer.IsolationLevel = isolation
	consumer, err := sarama.NewConsumer(bootstrap, settings)
	must(err)
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, offset)
	must(err)
	defer partition.Close()
	found := []*sarama.ConsumerMessage{}
	for {
		select {
		case message := <-partition.Messages():
			found = append(found, message)
			if message.Offset >= end {
				return found
			}
		case <-time.After(30 * time.Second):
			return found
		}
	}
}

func seek() {
	message := readFrom(topicIn, 5, sarama.ReadUncommitted, 5)[0]
	say("seek", map[string]any{"offset": message.Offset, "value": string(message.Value), "atTime": offsets(first + 30_000)[0]})
}

func transactions() {
	settings := config()
	settings.Producer.Transaction.ID = topicOut + "-id"
	producer, err := sarama.NewSyncProducer(bootstrap, settings)
	must(err)
	for _, part := range []struct {
		letter string
		count  int
		offset int64
	}{{"c", 5, 7}, {"a", 5, 9}, {"d", 2, -1}} {
		must(producer.BeginTxn())
		for i := 0; i < part.count; i++ {
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topicOut, Value: sarama.StringEncoder(part.letter + strconv.Itoa(i))})
			must(err)
		}
		if part.offset >= 0 {
			must(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{
				topicIn: {{Partition: 0, Offset: part.offset, LeaderEpoch: -1}}}, group+"-txn"))
		}
		if part.letter == "a" {
			must(producer.AbortTxn())
		} else {
			must(producer.CommitTxn())
		}
	}
	must(producer.Close())
	values := []string{}
	// The last value lies before the last marker.
	end, err := common.GetOffset(topicOut, 0, sarama.OffsetNewest)
	must(err)
	for _, message := range readFrom(topicOut, 0, sarama.ReadCommitted, end-2) {
		values = append(values, string(message.Value))
	}
	say("transactions", map[string]any{"committed": values, "uncommitted": len(readFrom(topicOut, 0, sarama.ReadUncommitted, end-2)),
		"groupOffset": committed(group + "-txn")[0]})
}

func hasGroup() bool {
	listed, err := admin.ListConsumerGroups()
	must(err)
	_, has := listed[group]
	return has
}

func groups() {
	described, err := admin.DescribeConsumerGroups([]string{group})
	must(err)
	say("groups", map[string]any{"listed": hasGroup(), "state": strings.ToLower(described[0].State)})
}

func remove() {
	must(admin.DeleteConsumerGroup(group))
	must(admin.DeleteTopic(topicIn))
	must(admin.DeleteTopic(topicOut))
	topics, err := admin.ListTopics()
	must(err)
	_, in := topics[topicIn]
	_, out := topics[topicOut]
	say("delete", map[string]any{"groupLeft": hasGroup(), "topicsLeft": in || out})
}

func main() {
	var err error
	common, err = sarama.NewClient(bootstrap, config())
	must(err)
	admin, err = sarama.NewClusterAdmin(bootstrap, config())
	must(err)
	create()
	produce(0, 60)
	say("produce", map[string]any{"ends": offsets(sarama.OffsetNewest)})
	say("consume", map[string]any{"values": read(60)})
	say("commit", map[string]any{"committed": committed(group)})
	produce(60, 63)
	say("resume", map[string]any{"values": read(3)})
	seek()
	transactions()
	groups()
	remove()
	must(admin.Close())
}
