// The story that every client tells (see clients.ts), with franz-go: BOOTSTRAP PREFIX [group.protocol=consumer]
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const first = 1_700_000_000_000

var (
	bootstrap                = os.Args[1]
	topicIn, topicOut, group = os.Args[2] + "-in", os.Args[2] + "-out", os.Args[2] + "-group"
	ctx, cancel              = context.WithTimeout(context.Background(), 2*time.Minute)
	admin                    *kadm.Client
)

// The assignors that a member of a group names: by default those that clients run themselves.
func balancing() kgo.GroupOpt {
	if len(os.Args) > 3 && os.Args[3] == "group.protocol=consumer" {
		return kgo.ServerSideBalancer()
	}
	return kgo.Balancers(kgo.CooperativeStickyBalancer())
}

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

func client(options ...kgo.Opt) *kgo.Client {
	made, err := kgo.NewClient(append(options, kgo.SeedBrokers(bootstrap), kgo.WithContext(ctx))...)
	must(err)
	return made
}

func create() {
	never, changed := "-1", "123456"
	_, err := admin.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &never}, topicIn)
	must(err)
	_, err = admin.CreateTopic(ctx, 1, 1, nil, topicOut)
	must(err)
	_, err = admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &changed}}, topicIn)
	must(err)
	value := ""
	for i := 0; i < 100 && value != changed; i++ {
		time.Sleep(50 * time.Millisecond)
		configs, err := admin.DescribeTopicConfigs(ctx, topicIn)
		must(err)
		for _, config := range configs[0].Configs {
			if config.Key == "max.message.bytes" {
				value = *config.Value
			}
		}
	}
	topics, err := admin.ListTopics(ctx, topicIn)
	must(err)
	say("create", map[string]any{"partitions": len(topics[topicIn].Partitions), "maxMessageBytes": value})
}

func produce(from, to int) {
	producer := client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.ZstdCompression()))
	defer producer.Close()
	records := []*kgo.Record{}
	for i := from; i < to; i++ {
		value := []byte(strconv.Itoa(i))
		records = append(records, &kgo.Record{
			Topic: topicIn, Partition: int32(i % 3), Key: []byte("k" + strconv.Itoa(i)), Value: value,
			Timestamp: time.UnixMilli(first + int64(i)*1000), Headers: []kgo.RecordHeader{{Key: "n", Value: value}},
		})
	}
	must(producer.ProduceSync(ctx, records...).FirstErr())
}

func read(count int) []int {
	member := client(kgo.ConsumerGroup(group), balancing(), kgo.ConsumeTopics(topicIn), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer member.Close()
	values := map[int]bool{}
	for len(values) < count {
		fetches := member.PollFetches(ctx)
		must(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			value := string(r.Value)
			if string(r.Key) == "k"+value && string(r.Headers[0].Value) == value {
				n, err := strconv.Atoi(value)
				must(err)
				values[n] = true
			}
		})
	}
	must(member.CommitUncommittedOffsets(ctx))
	sorted := []int{}
	for n := range values {
		sorted = append(sorted, n)
	}
	sort.Ints(sorted)
	return sorted
}

func ends() []int64 {
	listed, err := admin.ListEndOffsets(ctx, topicIn)
	must(err)
	return []int64{listed[topicIn][0].Offset, listed[topicIn][1].Offset, listed[topicIn][2].Offset}
}

func committed(groupID string) []int64 {
	found, err := admin.FetchOffsets(ctx, groupID)
	must(err)
	offsets := []int64{-1, -1, -1}
	found.Each(func(each kadm.OffsetResponse) { offsets[each.Partition] = each.At })
	return offsets
}

func seek() {
	at := map[string]map[int32]kgo.Offset{topicIn: {0: kgo.NewOffset().At(5)}}
	reader := client(kgo.ConsumePartitions(at))
	defer reader.Close()
	fetches := reader.PollRecords(ctx, 1)
	must(fetches.Err())
	record := fetches.Records()[0]
	listed, err := admin.ListOffsetsAfterMilli(ctx, first+30_000, topicIn)
	must(err)
	say("seek", map[string]any{"offset": record.Offset, "value": string(record.Value), "atTime": listed[topicIn][0].Offset})
}

func readOut(isolation kgo.IsolationLevel) []string {
	listed, err := admin.ListEndOffsets(ctx, topicOut)
	must(err)
	at := map[string]map[int32]kgo.Offset{topicOut: {0: kgo.NewOffset().AtStart()}}
	reader := client(kgo.ConsumePartitions(at), kgo.FetchIsolationLevel(isolation), kgo.KeepControlRecords())
	defer reader.Close()
	values := []string{}
	for next := int64(0); next < listed[topicOut][0].Offset; {
		fetches := reader.PollFetches(ctx)
		must(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			next = r.Offset + 1
			if !r.Attrs.IsControl() {
				values = append(values, string(r.Value))
			}
		})
	}
	return values
}

// The offsets of a transaction are those of what its session has polled: all of the topic.
func transactions() {
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(bootstrap), kgo.WithContext(ctx), kgo.TransactionalID(topicOut+"-id"),
		kgo.ConsumerGroup(group+"-txn"), balancing(), kgo.ConsumeTopics(topicIn), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	must(err)
	defer session.Close()
	for _, part := range []struct {
		letter string
		count  int
	}{{"c", 5}, {"a", 5}, {"d", 2}} {
		must(session.Begin())
		for polled := 0; part.letter == "c" && polled < 63; {
			fetches := session.PollFetches(ctx)
			must(fetches.Err())
			polled += fetches.NumRecords()
		}
		for i := 0; i < part.count; i++ {
			must(session.ProduceSync(ctx, &kgo.Record{Topic: topicOut, Value: []byte(part.letter + strconv.Itoa(i))}).FirstErr())
		}
		done, err := session.End(ctx, part.letter != "a")
		must(err)
		if done != (part.letter != "a") {
			must(fmt.Errorf("the transaction of %s did not end as it should", part.letter))
		}
	}
	say("transactions", map[string]any{"committed": readOut(kgo.ReadCommitted()), "uncommitted": len(readOut(kgo.ReadUncommitted())),
		"groupOffset": committed(group + "-txn")[0]})
}

func hasGroup() bool {
	listed, err := admin.ListGroups(ctx)
	must(err)
	_, has := listed[group]
	return has
}

// Only a group of the newer protocol is described by its own request.
func groupType() string {
	described, err := admin.DescribeConsumerGroups(ctx, group)
	if err == nil && described[group].Err == nil {
		return "consumer"
	}
	return "classic"
}

func groups() {
	listed, err := admin.ListGroups(ctx)
	must(err)
	say("groups", map[string]any{"listed": hasGroup(), "state": strings.ToLower(listed[group].State), "type": groupType()})
}

func remove() {
	_, err := admin.DeleteGroup(ctx, group)
	must(err)
	_, err = admin.DeleteTopics(ctx, topicIn, topicOut)
	must(err)
	topics, err := admin.ListTopics(ctx)
	must(err)
	say("delete", map[string]any{"groupLeft": hasGroup(), "topicsLeft": topics.Has(topicIn) || topics.Has(topicOut)})
}

func main() {
	defer cancel()
	admin = kadm.NewClient(client())
	defer admin.Close()
	create()
	produce(0, 60)
	say("produce", map[string]any{"ends": ends()})
	say("consume", map[string]any{"values": read(60)})
	say("commit", map[string]any{"committed": committed(group)})
	produce(60, 63)
	say("resume", map[string]any{"values": read(3)})
	seek()
	transactions()
	groups()
	remove()
}
