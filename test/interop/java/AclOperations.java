import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

/**
 * Tries what clients and administrators do as user ann, one after another: without a right, with it, and with an entry
 * that denies it besides. Prints "name without=… allowed=… denied=…", where … is ok or the name of the exception. The
 * first argument is where SASL/PLAIN listens; users have their names as passwords, and admin may do everything.
 */
public class AclOperations {
    record Right(AclOperation operation, ResourceType type, String name) {}
    interface Action { void run() throws Exception; }
    record Case(String name, List<Right> rights, Action action) {}

    static String bootstrap;
    static Admin admin;
    static Admin ann;
    static final TopicPartition partition = new TopicPartition("t", 0);

    static Map<String, Object> login(String user) {
        Map<String, Object> p = new HashMap<>();
        p.put("bootstrap.servers", bootstrap);
        p.put("security.protocol", "SASL_PLAINTEXT");
        p.put("sasl.mechanism", "PLAIN");
        p.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
            + user + "\" password=\"" + user + "\";");
        p.put("request.timeout.ms", "10000");
        p.put("default.api.timeout.ms", "15000");
        return p;
    }

    static KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> p = login("ann");
        p.put("max.block.ms", "15000");
        p.put("delivery.timeout.ms", "15000");
        p.putAll(more);
        return new KafkaProducer<>(p, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String group) {
        Map<String, Object> p = login("ann");
        p.put("group.id", group);
        p.put("auto.offset.reset", "earliest");
        p.put("enable.auto.commit", "false");
        return new KafkaConsumer<>(p, new StringDeserializer(), new StringDeserializer());
    }

    static void read(KafkaConsumer<String, String> consumer) {
        long end = System.currentTimeMillis() + 15_000;
        while (System.currentTimeMillis() < end) if (!consumer.poll(Duration.ofMillis(200)).isEmpty()) return;
        throw new KafkaException("nothing came");
    }

    static AclBinding binding(Right right, AclPermissionType permission) {
        return new AclBinding(new ResourcePattern(right.type(), right.name(), PatternType.LITERAL),
            new AccessControlEntry("User:ann", "*", right.operation(), permission));
    }

    static void give(Collection<AclBinding> bindings) throws Exception {
        admin.deleteAcls(List.of(AclBindingFilter.ANY)).all().get();
        if (!bindings.isEmpty()) admin.createAcls(bindings).all().get();
        while (admin.describeAcls(AclBindingFilter.ANY).values().get().size() != bindings.size()) Thread.sleep(20);
    }

    static String attempt(Case each) {
        try {
            each.action().run();
            return "ok";
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    static Right on(AclOperation operation, ResourceType type, String name) { return new Right(operation, type, name); }
    static Right topic(AclOperation operation) { return on(operation, ResourceType.TOPIC, "t"); }
    static Right group(AclOperation operation) { return on(operation, ResourceType.GROUP, "g"); }
    static Right cluster(AclOperation operation) { return on(operation, ResourceType.CLUSTER, "kafka-cluster"); }
    static Right transaction(AclOperation operation) { return on(operation, ResourceType.TRANSACTIONAL_ID, "x"); }

    static final List<Case> cases = new ArrayList<>();
    /** The last of the rights is the one that is tried; the others are there in any case. */
    static void add(String name, Action action, Right... rights) { cases.add(new Case(name, List.of(rights), action)); }

    static int made = 0;

    static void fill() {
        add("produce", () -> {
            try (var p = producer(Map.of("enable.idempotence", "false"))) { p.send(new ProducerRecord<>("t", "v")).get(); }
        }, topic(AclOperation.WRITE));
        add("produce idempotently", () -> {
            try (var p = producer(Map.of())) { p.send(new ProducerRecord<>("t", "v")).get(); }
        }, topic(AclOperation.WRITE));
        add("produce in a transaction", () -> {
            try (var p = producer(Map.of("transactional.id", "x"))) {
                p.initTransactions();
                p.beginTransaction();
                p.send(new ProducerRecord<>("t", "v")).get();
                p.commitTransaction();
            }
        }, topic(AclOperation.WRITE), transaction(AclOperation.WRITE));
        add("consume a partition", () -> {
            try (var c = consumer("g")) {
                c.assign(List.of(partition));
                c.seek(partition, 0);
                read(c);
            }
        }, topic(AclOperation.READ));
        add("consume in a group", () -> {
            try (var c = consumer("g")) {
                c.subscribe(List.of("t"));
                read(c);
                c.commitSync();
            }
        }, topic(AclOperation.READ), group(AclOperation.READ));
        add("describe a topic", () -> ann.describeTopics(List.of("t")).allTopicNames().get(), topic(AclOperation.DESCRIBE));
        add("list offsets", () -> ann.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get(), topic(AclOperation.DESCRIBE));
        add("create a topic", () -> {
            ann.createTopics(List.of(new NewTopic("new", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all().get();
        }, on(AclOperation.CREATE, ResourceType.TOPIC, "new"));
        add("create any topic", () -> {
            ann.createTopics(List.of(new NewTopic("new", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all().get();
        }, cluster(AclOperation.CREATE));
        add("delete a topic", () -> {
            String name = "doomed";
            if (!admin.listTopics().names().get().contains(name)) admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            ann.deleteTopics(List.of(name)).all().get();
        }, on(AclOperation.DELETE, ResourceType.TOPIC, "doomed"));
        add("delete records", () -> ann.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(0))).all().get(), topic(AclOperation.DESCRIBE), topic(AclOperation.DELETE));
        add("add partitions", () -> {
            ann.createPartitions(Map.of("t", NewPartitions.increaseTo(5)), new CreatePartitionsOptions().validateOnly(true)).all().get();
        }, topic(AclOperation.ALTER));
        ConfigResource ofTopic = new ConfigResource(ConfigResource.Type.TOPIC, "t");
        ConfigResource ofBroker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        add("see settings of a topic", () -> ann.describeConfigs(List.of(ofTopic)).all().get(), topic(AclOperation.DESCRIBE_CONFIGS));
        add("change settings of a topic", () -> ann.incrementalAlterConfigs(Map.of(ofTopic, List.of(
            new AlterConfigOp(new ConfigEntry("retention.ms", "1000000"), AlterConfigOp.OpType.SET)))).all().get(), topic(AclOperation.ALTER_CONFIGS));
        add("see settings of the broker", () -> ann.describeConfigs(List.of(ofBroker)).all().get(), cluster(AclOperation.DESCRIBE_CONFIGS));
        add("change settings of the broker", () -> ann.incrementalAlterConfigs(Map.of(ofBroker, List.of(
            new AlterConfigOp(new ConfigEntry("log.cleaner.threads", "1"), AlterConfigOp.OpType.SET))),
            new AlterConfigsOptions().validateOnly(true)).all().get(), cluster(AclOperation.ALTER_CONFIGS));
        add("describe a group", () -> ann.describeConsumerGroups(List.of("g")).all().get(), group(AclOperation.DESCRIBE));
        add("see offsets of a group", () -> ann.listConsumerGroupOffsets("g").partitionsToOffsetAndMetadata().get(), group(AclOperation.DESCRIBE));
        add("change offsets of a group", () -> ann.alterConsumerGroupOffsets("g", Map.of(partition, new OffsetAndMetadata(0))).all().get(),
            topic(AclOperation.READ), group(AclOperation.READ));
        add("forget offsets of a group", () -> ann.deleteConsumerGroupOffsets("g", Set.of(partition)).all().get(),
            topic(AclOperation.READ), group(AclOperation.DELETE));
        add("delete a group", () -> {
            admin.alterConsumerGroupOffsets("doomed", Map.of(partition, new OffsetAndMetadata(0))).all().get();
            ann.deleteConsumerGroups(List.of("doomed")).all().get();
        }, on(AclOperation.DELETE, ResourceType.GROUP, "doomed"));
        add("describe entries", () -> ann.describeAcls(AclBindingFilter.ANY).values().get(), cluster(AclOperation.DESCRIBE));
        add("remove entries", () -> ann.deleteAcls(List.of(new AclBindingFilter(
            new ResourcePatternFilter(ResourceType.TOPIC, "none", PatternType.LITERAL), AccessControlEntryFilter.ANY))).all().get(), cluster(AclOperation.ALTER));
        add("describe log dirs", () -> ann.describeLogDirs(List.of(1)).allDescriptions().get(), cluster(AclOperation.DESCRIBE));
        add("describe quotas", () -> ann.describeClientQuotas(org.apache.kafka.common.quota.ClientQuotaFilter.all()).entities().get(), cluster(AclOperation.DESCRIBE_CONFIGS));
        add("list users", () -> ann.describeUserScramCredentials(List.of()).all().get(), cluster(AclOperation.DESCRIBE));
        add("describe the quorum", () -> ann.describeMetadataQuorum().quorumInfo().get(), cluster(AclOperation.DESCRIBE));
        add("elect leaders", () -> ann.electLeaders(org.apache.kafka.common.ElectionType.PREFERRED, Set.of(partition)).all().get(), cluster(AclOperation.ALTER));
        add("list reassignments", () -> ann.listPartitionReassignments().reassignments().get(), cluster(AclOperation.DESCRIBE));
        add("describe producers", () -> ann.describeProducers(List.of(partition)).all().get(), topic(AclOperation.DESCRIBE), topic(AclOperation.READ));
        add("describe a transaction", () -> ann.describeTransactions(List.of("x")).all().get(), transaction(AclOperation.DESCRIBE));
        add("abort a transaction", () -> ann.abortTransaction(new AbortTransactionSpec(partition, 99, (short) 0, 0)).all().get(),
            topic(AclOperation.DESCRIBE), cluster(AclOperation.CLUSTER_ACTION));
    }

    public static void main(String[] args) throws Exception {
        bootstrap = args[0];
        admin = Admin.create(login("admin"));
        ann = Admin.create(login("ann"));
        admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
        Properties p = new Properties();
        p.putAll(login("admin"));
        try (var first = new KafkaProducer<>(p, new StringSerializer(), new StringSerializer())) {
            first.send(new ProducerRecord<>("t", "first")).get();
        }
        fill();
        for (Case each : cases) {
            int last = each.rights().size() - 1;
            List<AclBinding> others = new ArrayList<>();
            for (Right right : each.rights().subList(0, last)) others.add(binding(right, AclPermissionType.ALLOW));
            Right tried = each.rights().get(last);
            List<AclBinding> allowed = new ArrayList<>(others);
            allowed.add(binding(tried, AclPermissionType.ALLOW));
            List<AclBinding> denied = new ArrayList<>(allowed);
            denied.add(binding(tried, AclPermissionType.DENY));
            give(others);
            String without = attempt(each);
            give(allowed);
            String with = attempt(each);
            give(denied);
            System.out.println(each.name() + " without=" + without + " allowed=" + with + " denied=" + attempt(each));
        }
        ann.close();
        admin.close();
    }
}
