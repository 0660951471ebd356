import java.time.Duration;
import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

/**
 * Leaves on a broker one of everything that a directory can hold, by Apache Kafka's own clients, and goes without closing any:
 * members stay in their groups, and the transactions of "open-0" and "open-1" stay open. Arguments: the broker, and a directory.
 */
public class FillBroker {
    static String bootstrap;
    static Admin admin;
    static final List<Object> kept = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        admin = Admin.create(properties());
        features();
        topics();
        configs();
        access();
        records();
        deletions();
        transactions();
        compacted();
        groups();
        streams(args[1]);
        System.out.println("filled");
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static Properties properties(String... more) {
        Properties all = new Properties();
        all.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < more.length; i += 2) all.put(more[i], more[i + 1]);
        return all;
    }

    /** Down and up again: the log of the metadata says both. */
    static void features() throws Exception {
        for (short level = 1; level <= 2; level++) {
            var type = level == 1 ? FeatureUpdate.UpgradeType.SAFE_DOWNGRADE : FeatureUpdate.UpgradeType.UPGRADE;
            admin.updateFeatures(Map.of("transaction.version", new FeatureUpdate(level, type)), new UpdateFeaturesOptions()).all().get();
        }
    }

    static NewTopic topic(String name, int partitions, String... settings) {
        Map<String, String> configs = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) configs.put(settings[i], settings[i + 1]);
        return new NewTopic(name, partitions, (short) 1).configs(configs);
    }

    static void topics() throws Exception {
        admin.createTopics(List.of(
            topic("many", 3, "retention.ms", "-1", "segment.bytes", "1048576"), topic("packed", 1, "segment.bytes", "1048576"),
            topic("stamped", 1, "message.timestamp.type", "LogAppendTime", "compression.type", "zstd"), topic("short", 1),
            topic("gone", 1), topic("tx", 2), topic("words", 2), topic("counts", 1),
            topic("keyed", 1, "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01", "segment.ms", "100")
        )).all().get();
    }

    static void set(ConfigResource.Type type, String name, String key, String value) throws Exception {
        var op = value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET;
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(type, name),
            List.of(new AlterConfigOp(new ConfigEntry(key, value), op)))).all().get();
    }

    static void configs() throws Exception {
        set(ConfigResource.Type.TOPIC, "short", "cleanup.policy", "compact,delete");
        set(ConfigResource.Type.TOPIC, "many", "max.message.bytes", "2000000");
        set(ConfigResource.Type.TOPIC, "many", "flush.ms", "77");
        set(ConfigResource.Type.TOPIC, "many", "flush.ms", null);
        set(ConfigResource.Type.BROKER, "", "message.max.bytes", "1500000");
        set(ConfigResource.Type.BROKER, "1", "log.cleaner.io.buffer.load.factor", "0.8");
        set(ConfigResource.Type.GROUP, "consumer-live", "consumer.heartbeat.interval.ms", "6000");
        set(ConfigResource.Type.GROUP, "app", "streams.num.standby.replicas", "1");
        set(ConfigResource.Type.CLIENT_METRICS, "metrics", "interval.ms", "60000");
    }

    static AclBinding acl(ResourceType type, String name, PatternType pattern, String who, String host, AclOperation what,
                          AclPermissionType permission) {
        return new AclBinding(new ResourcePattern(type, name, pattern), new AccessControlEntry(who, host, what, permission));
    }

    static void quota(Map<String, String> entity, Object... limits) throws Exception {
        List<ClientQuotaAlteration.Op> ops = new ArrayList<>();
        for (int i = 0; i < limits.length; i += 2) ops.add(new ClientQuotaAlteration.Op((String) limits[i], (Double) limits[i + 1]));
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(new ClientQuotaEntity(entity), ops))).all().get();
    }

    /** With the name, a hyphen and the iterations as password. */
    static void user(String name, ScramMechanism mechanism, int iterations) throws Exception {
        var made = new UserScramCredentialUpsertion(name, new ScramCredentialInfo(mechanism, iterations), name + "-" + iterations);
        admin.alterUserScramCredentials(List.of(made)).all().get();
    }

    static void access() throws Exception {
        var allow = AclPermissionType.ALLOW;
        admin.createAcls(List.of(
            acl(ResourceType.TOPIC, "many", PatternType.LITERAL, "User:alice", "*", AclOperation.READ, allow),
            acl(ResourceType.TOPIC, "ma", PatternType.PREFIXED, "User:bob", "127.0.0.1", AclOperation.WRITE, allow),
            acl(ResourceType.TOPIC, "*", PatternType.LITERAL, "User:*", "*", AclOperation.DELETE, AclPermissionType.DENY),
            acl(ResourceType.GROUP, "g", PatternType.PREFIXED, "User:alice", "*", AclOperation.ALL, allow),
            acl(ResourceType.CLUSTER, "kafka-cluster", PatternType.LITERAL, "User:alice", "*", AclOperation.DESCRIBE, allow),
            acl(ResourceType.TRANSACTIONAL_ID, "open-0", PatternType.LITERAL, "User:bob", "*", AclOperation.WRITE, allow),
            acl(ResourceType.USER, "bob", PatternType.LITERAL, "User:alice", "*", AclOperation.CREATE_TOKENS, allow),
            acl(ResourceType.TOPIC, "many", PatternType.LITERAL, "User:carol", "*", AclOperation.READ, allow)
        )).all().get();
        for (var operation : List.of(AclOperation.ALL, AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DELETE,
            AclOperation.ALTER, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS)) {
            for (var permission : List.of(allow, AclPermissionType.DENY)) {
                admin.createAcls(List.of(acl(ResourceType.TOPIC, "t-" + operation, PatternType.PREFIXED, "User:dora", "10.1.1.1", operation,
                    permission))).all().get();
            }
        }
        admin.deleteAcls(List.of(new AclBindingFilter(ResourcePatternFilter.ANY,
            new AccessControlEntryFilter("User:carol", null, AclOperation.ANY, AclPermissionType.ANY)))).all().get();
        user("alice", ScramMechanism.SCRAM_SHA_256, 4096);
        user("alice", ScramMechanism.SCRAM_SHA_512, 5000);
        user("bob", ScramMechanism.SCRAM_SHA_512, 8192);
        user("carol", ScramMechanism.SCRAM_SHA_512, 4096);
        admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("carol", ScramMechanism.SCRAM_SHA_512))).all().get();
        Map<String, String> anybody = new HashMap<>();
        anybody.put("user", null);
        Map<String, String> anyClient = new HashMap<>(Map.of("user", "alice"));
        anyClient.put("client-id", null);
        quota(Map.of("user", "alice"), "producer_byte_rate", 1e6, "consumer_byte_rate", 2e6, "request_percentage", 12.5);
        quota(anybody, "controller_mutation_rate", 50.0);
        quota(Map.of("client-id", "app"), "consumer_byte_rate", 3e6);
        quota(anyClient, "producer_byte_rate", 4e5);
        quota(Map.of("ip", "10.0.0.1"), "connection_creation_rate", 9.0);
        quota(Map.of("user", "alice"), "request_percentage", null);
    }

    static KafkaProducer<String, String> producer(String... more) {
        var all = properties(more);
        all.putIfAbsent("linger.ms", "5");
        var made = new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
        kept.add(made);
        return made;
    }

    static void records() throws Exception {
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            var producer = producer("compression.type", codec);
            for (int i = 0; i < 400; i++) {
                var record = new ProducerRecord<>("packed", 0, i % 5 == 0 ? null : "k" + i, i % 7 == 0 ? null : codec + " " + "v".repeat(i));
                record.headers().add("h", ("" + i).getBytes()).add("none", null);
                producer.send(record);
                if (i % 50 == 0) producer.flush();
            }
            for (int i = 0; i < 500; i++) producer.send(new ProducerRecord<>("many", "k" + i, "v" + i));
            for (int i = 0; i < 20; i++) producer.send(new ProducerRecord<>("stamped", "k" + i, "v" + i));
            for (int i = 0; i < 100; i++) producer.send(new ProducerRecord<>("short", "k" + i, "v" + i));
            for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>("gone", "k" + i, "v" + i));
            for (int i = 0; i < 20; i++) producer.send(new ProducerRecord<>("words", "k" + i, "word " + i % 7));
            producer.flush();
        }
    }

    static void deletions() throws Exception {
        admin.deleteTopics(List.of("gone")).all().get();
        admin.deleteRecords(Map.of(new TopicPartition("short", 0), RecordsToDelete.beforeOffset(430))).all().get();
        admin.createPartitions(Map.of("short", NewPartitions.increaseTo(2))).all().get();
    }

    static KafkaProducer<String, String> transactional(String id) {
        var made = producer("transactional.id", id, "transaction.timeout.ms", "900000");
        made.initTransactions();
        return made;
    }

    @SuppressWarnings("removal")
    static ConsumerGroupMetadata member(String group) {
        return new ConsumerGroupMetadata(group);
    }

    static void transactions() throws Exception {
        for (String id : List.of("committed", "aborted", "open-0", "open-1")) {
            var producer = transactional(id);
            for (int round = 0; round < 3; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 6; i++) producer.send(new ProducerRecord<>("tx", i % 2, id, id + " " + round + " " + i));
                // What is aborted goes to the group of what was committed before, and must not count there.
                var group = "group-of-" + (id.equals("aborted") ? "committed" : id);
                var offset = new OffsetAndMetadata(id.equals("aborted") ? 100 : round + 1, id);
                producer.sendOffsetsToTransaction(Map.of(new TopicPartition("many", 0), offset), member(group));
                producer.flush();
                if (id.startsWith("open") && round == 2) break;
                if (id.equals("aborted")) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
    }

    /** Keys written again and again, and tombstones, in transactions some of which are aborted. */
    static void compacted() throws Exception {
        var producer = transactional("keys");
        for (int i = 0; i < 30; i++) {
            producer.beginTransaction();
            for (int key : new int[] {i % 7, i % 5}) producer.send(new ProducerRecord<>("keyed", "k" + key, i % 11 == 5 ? null : i + " " + key));
            producer.flush();
            if (i % 3 == 0) producer.abortTransaction();
            else producer.commitTransaction();
            Thread.sleep(15);
        }
    }

    static KafkaConsumer<String, String> consumer(String group, String... more) {
        var all = properties(more);
        all.put("group.id", group);
        all.put("auto.offset.reset", "earliest");
        all.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    static void read(KafkaConsumer<String, String> consumer, int count) {
        int seen = 0;
        while (seen < count) seen += consumer.poll(Duration.ofMillis(200)).count();
        consumer.commitSync();
    }

    static void groups() throws Exception {
        try (var classic = consumer("classic-left")) {
            classic.subscribe(List.of("many"));
            read(classic, 2500);
        }
        try (var modern = consumer("consumer-left", "group.protocol", "consumer", "isolation.level", "read_committed")) {
            modern.subscribe(List.of("many", "packed"));
            read(modern, 4500);
        }
        var live = consumer("classic-live", "session.timeout.ms", "600000", "group.instance.id", "one");
        live.subscribe(List.of("many", "packed"));
        read(live, 4500);
        var modern = consumer("consumer-live", "group.protocol", "consumer", "group.instance.id", "one", "group.remote.assignor", "range");
        modern.subscribe(List.of("many"));
        read(modern, 2500);
        var pattern = consumer("pattern-live", "group.protocol", "consumer");
        pattern.subscribe(new SubscriptionPattern("ma.*|pack.*"));
        read(pattern, 4500);
        kept.addAll(List.of(live, modern, pattern));
        admin.alterConsumerGroupOffsets("simple", Map.of(new TopicPartition("many", 1),
            new OffsetAndMetadata(7, Optional.of(0), "by hand"))).all().get();
        admin.alterConsumerGroupOffsets("deleted", Map.of(new TopicPartition("many", 1), new OffsetAndMetadata(7))).all().get();
        admin.deleteConsumerGroups(List.of("deleted")).all().get();
    }

    static void streams(String directory) throws Exception {
        var settings = properties("application.id", "app", "group.protocol", "streams", "commit.interval.ms", "100", "state.dir", directory,
            "auto.offset.reset", "earliest", "num.stream.threads", "2");
        var builder = new StreamsBuilder();
        var strings = Serdes.String();
        builder.stream("words", Consumed.with(strings, strings)).groupBy((key, word) -> word, Grouped.with(strings, strings))
            .count(Materialized.as("counted")).toStream().to("counts", Produced.with(strings, Serdes.Long()));
        var app = new KafkaStreams(builder.build(), settings);
        kept.add(app);
        app.start();
        for (long committed = 0; committed < 100; Thread.sleep(100)) {
            var offsets = admin.listConsumerGroupOffsets("app").partitionsToOffsetAndMetadata().get();
            committed = offsets.entrySet().stream().filter(e -> e.getKey().topic().equals("words") && e.getValue() != null)
                .mapToLong(e -> e.getValue().offset()).sum();
        }
        // The second half of the work follows the first.
        for (long written = 0; written < 7; Thread.sleep(100)) {
            written = admin.listOffsets(Map.of(new TopicPartition("counts", 0), OffsetSpec.latest())).all().get().values().iterator().next().offset();
        }
    }
}
