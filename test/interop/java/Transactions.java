import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Transactions as Java programs use them; prints what they see. Arguments: bootstrap servers, transaction.version. */
public class Transactions {
    static String bootstrap;

    static void say(String what, Object value) {
        System.out.println(what + ": " + value);
    }

    static Properties common() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        return properties;
    }

    static KafkaProducer<String, String> producer(String id, int timeoutMs) {
        Properties properties = common();
        properties.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        properties.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        properties.put("transactional.id", id);
        properties.put("transaction.timeout.ms", Integer.toString(timeoutMs));
        return new KafkaProducer<>(properties);
    }

    static KafkaConsumer<String, String> consumer(String group, String isolation) {
        Properties properties = common();
        properties.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        properties.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        properties.put("group.id", group);
        properties.put("isolation.level", isolation);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(properties);
    }

    /** Everything in a topic up to what its end was, by partition. */
    static Map<Integer, List<String>> contents(String topic, int partitions, String isolation) {
        try (KafkaConsumer<String, String> consumer = consumer("reader", isolation)) {
            List<TopicPartition> all = new ArrayList<>();
            for (int i = 0; i < partitions; i++) all.add(new TopicPartition(topic, i));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            Map<Integer, List<String>> found = new TreeMap<>();
            long deadline = System.currentTimeMillis() + 30_000;
            while (System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100)))
                    found.computeIfAbsent(record.partition(), p -> new ArrayList<>()).add(record.value());
                boolean done = true;
                for (TopicPartition each : all) if (consumer.position(each) < ends.get(each)) done = false;
                if (done) return found;
            }
            throw new IllegalStateException("the end of " + topic + " was not reached: " + ends);
        }
    }

    static String outcome(Runnable work) {
        try {
            work.run();
            return "fine";
        } catch (KafkaException error) {
            Throwable cause = error.getClass() == KafkaException.class && error.getCause() != null ? error.getCause() : error;
            return cause.getClass().getSimpleName();
        }
    }

    static void send(KafkaProducer<String, String> producer, String topic, int partition, String prefix, int from, int to) {
        for (int i = from; i < to; i++) producer.send(new ProducerRecord<>(topic, partition, "k" + i, prefix + i));
    }

    static void commitAndAbort(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic("a", 3, (short) 1))).all().get();
        try (KafkaProducer<String, String> producer = producer("first", 60_000)) {
            producer.initTransactions();
            for (int round = 0; round < 6; round++) {
                producer.beginTransaction();
                for (int partition = 0; partition < 3; partition++) send(producer, "a", partition, "r" + round + "-", 0, 20);
                if (round % 3 == 1) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
            producer.beginTransaction();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.abortTransaction();
        }
        say("committed", contents("a", 3, "read_committed"));
        int all = 0;
        for (List<String> values : contents("a", 3, "read_uncommitted").values()) all += values.size();
        say("all", all);
    }

    /** Reads a topic and writes it anew, offsets and records in one transaction; each third time it changes its mind. */
    static void copy(Admin admin) throws Exception {
        admin.createTopics(List.of(new NewTopic("in", 2, (short) 1), new NewTopic("out", 2, (short) 1))).all().get();
        try (KafkaProducer<String, String> producer = producer("filler", 60_000)) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int partition = 0; partition < 2; partition++) send(producer, "in", partition, "v", 0, 150);
            producer.commitTransaction();
        }
        int copied = 0;
        int round = 0;
        try (KafkaProducer<String, String> producer = producer("copier", 60_000);
                KafkaConsumer<String, String> consumer = consumer("copiers", "read_committed")) {
            producer.initTransactions();
            consumer.subscribe(List.of("in"));
            long deadline = System.currentTimeMillis() + 60_000;
            while (copied < 300 && System.currentTimeMillis() < deadline) {
                var records = consumer.poll(Duration.ofMillis(100));
                if (records.isEmpty()) continue;
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                int taken = 0;
                for (ConsumerRecord<String, String> record : records) {
                    if (++taken > 40) break;
                    producer.send(new ProducerRecord<>("out", record.partition(), record.key(), record.value()));
                    offsets.put(new TopicPartition("in", record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (round++ % 3 == 1) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                    copied += Math.min(taken, 40);
                }
                Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(consumer.assignment());
                for (TopicPartition each : consumer.assignment()) {
                    OffsetAndMetadata offset = committed.get(each);
                    if (offset == null) consumer.seekToBeginning(List.of(each));
                    else consumer.seek(each, offset.offset());
                }
            }
        }
        Map<Integer, List<String>> in = contents("in", 2, "read_committed");
        say("copied exactly once", in.equals(contents("out", 2, "read_committed")));
        var options = new ListConsumerGroupOffsetsOptions().requireStable(true);
        var offsets = admin.listConsumerGroupOffsets("copiers", options).partitionsToOffsetAndMetadata().get();
        Map<String, Long> shown = new TreeMap<>();
        offsets.forEach((partition, offset) -> shown.put(partition.toString(), offset.offset()));
        say("offsets", shown);
    }

    static void fencing() {
        try (KafkaProducer<String, String> old = producer("shared", 60_000)) {
            old.initTransactions();
            old.beginTransaction();
            send(old, "a", 0, "old", 0, 3);
            old.flush();
            try (KafkaProducer<String, String> young = producer("shared", 60_000)) {
                young.initTransactions();
                say("the old one commits", outcome(old::commitTransaction));
                say("the old one begins", outcome(old::beginTransaction));
                young.beginTransaction();
                send(young, "a", 0, "young", 0, 2);
                say("the young one commits", outcome(young::commitTransaction));
            }
        }
        List<String> values = contents("a", 3, "read_committed").get(0);
        say("last", values.subList(values.size() - 3, values.size()));
    }

    static void timeout() throws Exception {
        try (KafkaProducer<String, String> slow = producer("slow", 1_000)) {
            slow.initTransactions();
            slow.beginTransaction();
            send(slow, "a", 1, "slow", 0, 3);
            slow.flush();
            Thread.sleep(3_500);
            say("commits too late", outcome(slow::commitTransaction));
            say("aborts then", outcome(slow::abortTransaction));
        }
        say("too long", outcome(() -> {
            try (KafkaProducer<String, String> never = producer("never", 100_000_000)) {
                never.initTransactions();
            }
        }));
    }

    static void administration(Admin admin) throws Exception {
        try (KafkaProducer<String, String> open = producer("open", 60_000)) {
            open.initTransactions();
            open.beginTransaction();
            send(open, "a", 0, "open", 0, 3);
            send(open, "a", 2, "open", 0, 3);
            open.flush();
            Map<String, String> listed = new TreeMap<>();
            for (TransactionListing each : admin.listTransactions().all().get())
                listed.put(each.transactionalId(), each.state().toString());
            say("listed", listed);
            for (String pattern : List.of("s.*", "nothing")) {
                List<String> ids = new ArrayList<>();
                var options = new ListTransactionsOptions().filterOnTransactionalIdPattern(pattern);
                for (TransactionListing each : admin.listTransactions(options).all().get()) ids.add(each.transactionalId());
                ids.sort(null);
                say("listed " + pattern, ids);
            }
            TransactionDescription described = admin.describeTransactions(List.of("open")).description("open").get();
            say("described", described.state() + " " + described.transactionTimeoutMs() + " " + described.producerEpoch()
                    + " " + new TreeMap<>(Map.of("partitions", described.topicPartitions().stream().map(Object::toString).sorted().toList()))
                    + " " + described.transactionStartTimeMs().isPresent());
            TopicPartition partition = new TopicPartition("a", 0);
            ProducerState state = null;
            for (ProducerState each : admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers())
                if (each.producerId() == described.producerId()) state = each;
            say("producer", state.producerEpoch() + " " + state.lastSequence() + " " + state.currentTransactionStartOffset().isPresent());
            admin.abortTransaction(new AbortTransactionSpec(
                    partition, state.producerId(), (short) state.producerEpoch(), state.coordinatorEpoch().orElse(0))).all().get();
            say("aborted by force", "done");
            admin.fenceProducers(List.of("open")).all().get();
            say("fenced", "done");
            say("the fenced one commits", outcome(open::commitTransaction));
        }
        try {
            admin.describeTransactions(List.of("unheard of")).all().get();
        } catch (ExecutionException error) {
            say("unheard of", error.getCause().getClass().getSimpleName());
        }
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        short version = Short.parseShort(arguments[1]);
        try (Admin admin = Admin.create(common())) {
            var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
            short now = features.containsKey("transaction.version") ? features.get("transaction.version").maxVersionLevel() : 0;
            if (now != version) {
                var update = new FeatureUpdate(version, version < now ? FeatureUpdate.UpgradeType.SAFE_DOWNGRADE : FeatureUpdate.UpgradeType.UPGRADE);
                admin.updateFeatures(Map.of("transaction.version", update), new UpdateFeaturesOptions()).all().get();
            }
            commitAndAbort(admin);
            copy(admin);
            fencing();
            timeout();
            administration(admin);
        }
    }
}
