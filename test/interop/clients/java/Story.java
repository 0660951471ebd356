import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The story that every client tells (see clients.ts), with Apache Kafka's own client: BOOTSTRAP PREFIX [name=value ...] where
 * the pairs are settings of the consumers. It compiles against kafka-clients 3.9 and 4.3.
 */
@SuppressWarnings({"deprecation", "removal"}) // what both versions have
public final class Story {
    private static final long FIRST = 1_700_000_000_000L;
    private static String bootstrap;
    private static String in;
    private static String out;
    private static String group;
    private static final Properties consumerSettings = new Properties();

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        in = args[1] + "-in";
        out = args[1] + "-out";
        group = args[1] + "-group";
        for (int i = 2; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            consumerSettings.put(pair[0], pair[1]);
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            create(admin);
            produce(0, 60);
            say("produce", "\"ends\":" + ends(admin));
            say("consume", "\"values\":" + read(60));
            say("commit", "\"committed\":" + committed(admin, group));
            produce(60, 63);
            say("resume", "\"values\":" + read(3));
            seek();
            transactions(admin);
            groups(admin);
            delete(admin);
        }
    }

    private static void say(String step, String rest) {
        System.out.println("{\"step\":\"" + step + "\"," + rest + "}");
    }

    private static String quoted(Iterable<String> values) {
        List<String> all = new ArrayList<>();
        for (String value : values) all.add('"' + value + '"');
        return all.toString();
    }

    private static void create(Admin admin) throws Exception {
        admin.createTopics(List.of(
            new NewTopic(in, 3, (short) 1).configs(Map.of("retention.ms", "-1")), new NewTopic(out, 1, (short) 1))).all().get();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, in);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(
            new AlterConfigOp(new ConfigEntry("max.message.bytes", "123456"), AlterConfigOp.OpType.SET)))).all().get();
        String value = null;
        for (int i = 0; i < 100 && !"123456".equals(value); i++) {
            Thread.sleep(50);
            value = admin.describeConfigs(List.of(resource)).all().get().get(resource).get("max.message.bytes").value();
        }
        int partitions = admin.describeTopics(List.of(in)).allTopicNames().get().get(in).partitions().size();
        say("create", "\"partitions\":" + partitions + ",\"maxMessageBytes\":\"" + value + "\"");
    }

    private static Properties producerSettings() {
        Properties p = new Properties();
        p.put("bootstrap.servers", bootstrap);
        p.put("key.serializer", StringSerializer.class);
        p.put("value.serializer", StringSerializer.class);
        p.put("compression.type", "lz4");
        p.put("linger.ms", "5");
        return p;
    }

    private static void produce(int from, int to) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(producerSettings())) {
            for (int i = from; i < to; i++) {
                ProducerRecord<String, String> record = new ProducerRecord<>(in, i % 3, FIRST + i * 1000L, "k" + i, "" + i);
                record.headers().add("n", ("" + i).getBytes(StandardCharsets.UTF_8));
                producer.send(record);
            }
        }
    }

    private static KafkaConsumer<String, String> consumer(String groupId, String isolation) {
        Properties p = new Properties();
        p.putAll(consumerSettings);
        p.put("bootstrap.servers", bootstrap);
        p.put("key.deserializer", StringDeserializer.class);
        p.put("value.deserializer", StringDeserializer.class);
        p.put("auto.offset.reset", "earliest");
        p.put("enable.auto.commit", "false");
        p.put("isolation.level", isolation);
        if (groupId != null) p.put("group.id", groupId);
        return new KafkaConsumer<>(p);
    }

    /** Values read in the group, in order, of records whose key and header say the same; commits. */
    private static String read(int count) {
        TreeSet<Integer> values = new TreeSet<>();
        try (KafkaConsumer<String, String> consumer = consumer(group, "read_uncommitted")) {
            consumer.subscribe(List.of(in));
            for (long end = System.currentTimeMillis() + 60_000; values.size() < count && System.currentTimeMillis() < end;) {
                for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(200))) {
                    String header = new String(r.headers().lastHeader("n").value(), StandardCharsets.UTF_8);
                    if (r.key().equals("k" + r.value()) && header.equals(r.value())) values.add(Integer.parseInt(r.value()));
                }
            }
            consumer.commitSync();
        }
        return values.toString();
    }

    private static String ends(Admin admin) throws Exception {
        List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            TopicPartition p = new TopicPartition(in, i);
            offsets.add(admin.listOffsets(Map.of(p, OffsetSpec.latest())).all().get().get(p).offset());
        }
        return offsets.toString();
    }

    private static String committed(Admin admin, String groupId) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> all = admin.listConsumerGroupOffsets(groupId).partitionsToOffsetAndMetadata().get();
        List<Long> offsets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            OffsetAndMetadata found = all.get(new TopicPartition(in, i));
            offsets.add(found == null ? -1 : found.offset());
        }
        return offsets.toString();
    }

    private static void seek() {
        try (KafkaConsumer<String, String> consumer = consumer(null, "read_uncommitted")) {
            TopicPartition first = new TopicPartition(in, 0);
            consumer.assign(List.of(first));
            consumer.seek(first, 5);
            ConsumerRecord<String, String> record = null;
            while (record == null) {
                for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(200))) if (record == null) record = r;
            }
            long offset = consumer.offsetsForTimes(Map.of(first, FIRST + 30_000)).get(first).offset();
            say("seek", "\"offset\":" + record.offset() + ",\"value\":\"" + record.value() + "\",\"atTime\":" + offset);
        }
    }

    private static void transactions(Admin admin) throws Exception {
        Properties p = producerSettings();
        p.put("transactional.id", out + "-id");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(p)) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(out, 0, null, "c" + i));
            producer.sendOffsetsToTransaction(Map.of(new TopicPartition(in, 0), new OffsetAndMetadata(7)),
                new ConsumerGroupMetadata(group + "-txn", -1, "", Optional.empty()));
            producer.commitTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 5; i++) producer.send(new ProducerRecord<>(out, 0, null, "a" + i));
            producer.sendOffsetsToTransaction(Map.of(new TopicPartition(in, 0), new OffsetAndMetadata(9)),
                new ConsumerGroupMetadata(group + "-txn", -1, "", Optional.empty()));
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            for (int i = 0; i < 2; i++) producer.send(new ProducerRecord<>(out, 0, null, "d" + i));
            producer.commitTransaction();
        }
        say("transactions", "\"committed\":" + quoted(readOut("read_committed")) + ",\"uncommitted\":" + readOut("read_uncommitted").size()
            + ",\"groupOffset\":" + committed(admin, group + "-txn").split("[\\[,]")[1]);
    }

    /** All values of the topic that transactions write, read to its end. */
    private static List<String> readOut(String isolation) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(null, isolation)) {
            TopicPartition only = new TopicPartition(out, 0);
            consumer.assign(List.of(only));
            consumer.seekToBeginning(List.of(only));
            long end = consumer.endOffsets(List.of(only)).get(only);
            long stop = System.currentTimeMillis() + 30_000;
            while (consumer.position(only) < end && System.currentTimeMillis() < stop) {
                for (ConsumerRecord<String, String> r : consumer.poll(Duration.ofMillis(200))) values.add(r.value());
            }
        }
        return values;
    }

    private static void groups(Admin admin) throws Exception {
        ConsumerGroupListing listed =
            admin.listConsumerGroups().all().get().stream().filter(g -> g.groupId().equals(group)).findFirst().orElseThrow();
        String state = admin.describeConsumerGroups(List.of(group)).all().get().get(group).state().toString();
        say("groups", "\"listed\":true,\"state\":\"" + state.toLowerCase() + "\",\"type\":\""
            + listed.type().map(type -> type.toString().toLowerCase()).orElse("") + "\"");
    }

    private static void delete(Admin admin) throws Exception {
        admin.deleteConsumerGroups(List.of(group)).all().get();
        admin.deleteTopics(List.of(in, out)).all().get();
        boolean groupLeft = admin.listConsumerGroups().all().get().stream().anyMatch(g -> g.groupId().equals(group));
        boolean topicsLeft = admin.listTopics().names().get().stream().anyMatch(t -> t.equals(in) || t.equals(out));
        say("delete", "\"groupLeft\":" + groupLeft + ",\"topicsLeft\":" + topicsLeft);
    }
}
