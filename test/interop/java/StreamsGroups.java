import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Proxy;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValueJsonConverter;
import org.apache.kafka.coordinator.group.streams.*;
import org.apache.kafka.coordinator.group.streams.assignor.*;
import org.apache.kafka.coordinator.group.streams.topics.*;
import org.slf4j.LoggerFactory;

/**
 * What Apache Kafka's coordinator decides for streams groups, its classes asked one by one. A JSON case per line of input, a JSON answer
 * per line of output: {"kind": "assign" | "configure" | "reconcile" | "hash", ...} as the code below reads them.
 */
public class StreamsGroups {
    static final ObjectMapper json = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        while (in.hasNextLine()) {
            JsonNode node = json.readTree(in.nextLine());
            Object answer;
            try {
                switch (node.get("kind").asText()) {
                    case "assign": answer = assign(node); break;
                    case "configure": answer = configure(node); break;
                    case "reconcile": answer = reconcile(node); break;
                    default: answer = hash(node);
                }
            } catch (Exception e) {
                answer = Map.of("error", e.getClass().getSimpleName());
            }
            out.append(json.writeValueAsString(answer)).append('\n');
        }
        System.out.print(out);
    }

    static Map<String, Set<Integer>> tasks(JsonNode node) {
        Map<String, Set<Integer>> tasks = new HashMap<>();
        node.fields().forEachRemaining(e -> {
            Set<Integer> partitions = new HashSet<>();
            e.getValue().forEach(p -> partitions.add(p.asInt()));
            tasks.put(e.getKey(), partitions);
        });
        return tasks;
    }

    static Map<String, Map<Integer, Integer>> epochs(JsonNode node) {
        Map<String, Map<Integer, Integer>> tasks = new HashMap<>();
        node.fields().forEachRemaining(e -> {
            Map<Integer, Integer> partitions = new HashMap<>();
            e.getValue().fields().forEachRemaining(p -> partitions.put(Integer.parseInt(p.getKey()), p.getValue().asInt()));
            tasks.put(e.getKey(), partitions);
        });
        return tasks;
    }

    static Object sorted(Map<String, Set<Integer>> tasks) {
        Map<String, Object> all = new TreeMap<>();
        tasks.forEach((id, partitions) -> all.put(id, new TreeSet<>(partitions)));
        return all;
    }

    static Object sortedEpochs(Map<String, Map<Integer, Integer>> tasks) {
        Map<String, Object> all = new TreeMap<>();
        tasks.forEach((id, partitions) -> all.put(id, new TreeMap<>(partitions)));
        return all;
    }

    static Object assign(JsonNode node) {
        Map<String, AssignmentMemberSpec> members = new HashMap<>();
        node.get("members").fields().forEachRemaining(e -> members.put(e.getKey(), new AssignmentMemberSpec(Optional.empty(),
            Optional.empty(), tasks(e.getValue().get("active")), tasks(e.getValue().get("standby")), Map.of(),
            e.getValue().get("processId").asText(), Map.of(), Map.of(), Map.of())));
        JsonNode subtopologies = node.get("subtopologies");
        List<String> ids = new ArrayList<>();
        subtopologies.fieldNames().forEachRemaining(ids::add);
        TopologyDescriber describer = new TopologyDescriber() {
            public List<String> subtopologies() { return ids; }
            public int maxNumInputPartitions(String id) { return subtopologies.get(id).get("tasks").asInt(); }
            public boolean isStateful(String id) { return subtopologies.get(id).get("isStateful").asBoolean(); }
        };
        Map<String, String> configs = Map.of("num.standby.replicas", node.get("standby").asText());
        Map<String, Object> all = new TreeMap<>();
        new StickyTaskAssignor().assign(new GroupSpecImpl(members, configs), describer).members().forEach((id, given) -> {
            all.put(id, Map.of("active", sorted(given.activeTasks()), "standby", sorted(given.standbyTasks())));
        });
        return all;
    }

    /** The topics of a case, {name: {"id": .., "partitions": ..}}, as the coordinator sees topics. */
    static CoordinatorMetadataImage image(JsonNode topics) {
        ClassLoader loader = StreamsGroups.class.getClassLoader();
        return (CoordinatorMetadataImage) Proxy.newProxyInstance(loader, new Class<?>[] {CoordinatorMetadataImage.class}, (p, m, a) -> {
            if (!m.getName().equals("topicMetadata")) throw new UnsupportedOperationException(m.getName());
            JsonNode topic = topics.get((String) a[0]);
            if (topic == null) return Optional.empty();
            Class<?> type = CoordinatorMetadataImage.TopicMetadata.class;
            return Optional.of(Proxy.newProxyInstance(loader, new Class<?>[] {type}, (q, n, b) -> {
                switch (n.getName()) {
                    case "name": return a[0];
                    case "id": return Uuid.fromString(topic.get("id").asText());
                    case "partitionCount": return topic.get("partitions").asInt();
                    default: return new ArrayList<String>();
                }
            }));
        });
    }

    static Object configure(JsonNode node) {
        StreamsTopology topology = StreamsTopology.fromRecord(StreamsGroupTopologyValueJsonConverter.read(node.get("topology"), (short) 0));
        ConfiguredTopology configured = InternalTopicManager.configureTopics(LoggerFactory.getLogger(StreamsGroups.class), "g", "m", 0L,
            topology, image(node.get("topics")), Time.SYSTEM);
        Map<String, Object> answer = new TreeMap<>();
        configured.topicConfigurationException().ifPresent(e -> answer.put("status", e.status().name()));
        Map<String, Object> subtopologies = new TreeMap<>();
        configured.subtopologies().ifPresent(all -> all.forEach((id, each) -> {
            Map<String, Integer> internal = new TreeMap<>();
            each.repartitionSourceTopics().values().forEach(t -> internal.put(t.name(), t.numberOfPartitions()));
            each.stateChangelogTopics().values().forEach(t -> internal.put(t.name(), t.numberOfPartitions()));
            subtopologies.put(id, Map.of("tasks", each.numberOfTasks(), "internal", internal));
        }));
        answer.put("subtopologies", subtopologies);
        Map<String, Integer> create = new TreeMap<>();
        configured.internalTopicsToBeCreated().forEach((name, topic) -> create.put(name, topic.numPartitions()));
        answer.put("toCreate", create);
        return answer;
    }

    static TasksTupleWithEpochs given(JsonNode node) {
        return new TasksTupleWithEpochs(epochs(node.get("active")), tasks(node.get("standby")), tasks(node.get("warmup")));
    }

    static TasksTuple target(JsonNode node) {
        return new TasksTuple(tasks(node.get("active")), tasks(node.get("standby")), tasks(node.get("warmup")));
    }

    static Object reconcile(JsonNode node) {
        JsonNode m = node.get("member");
        StreamsGroupMember member = StreamsGroupMember.Builder.withDefaults("m").setProcessId(node.get("processId").asText())
            .setMemberEpoch(m.get("memberEpoch").asInt()).setPreviousMemberEpoch(m.get("previousMemberEpoch").asInt())
            .setState(MemberState.valueOf(m.get("state").asText())).setAssignedTasks(given(m.get("assigned")))
            .setTasksPendingRevocation(given(m.get("pendingRevocation"))).build();
        JsonNode owners = node.get("owners");
        StreamsGroupMember next = new CurrentAssignmentBuilder(member)
            .withTargetAssignment(node.get("epoch").asInt(), target(node.get("target")))
            .withCurrentActiveTaskProcessId((id, p) -> {
                JsonNode owner = owners.get("active").get(p + "_" + id);
                return owner == null ? null : owner.asText();
            })
            .withCurrentStandbyTaskProcessIds((id, p) -> processes(owners.get("standby").get(p + "_" + id)))
            .withCurrentWarmupTaskProcessIds((id, p) -> processes(owners.get("warmup").get(p + "_" + id)))
            .withOwnedAssignment(node.get("owned").isNull() ? null : target(node.get("owned"))).build();
        return Map.of("memberEpoch", next.memberEpoch(), "previousMemberEpoch", next.previousMemberEpoch(), "state", next.state().name(),
            "assigned", shown(next.assignedTasks()), "pendingRevocation", shown(next.tasksPendingRevocation()));
    }

    static Set<String> processes(JsonNode node) {
        Set<String> all = new HashSet<>();
        if (node != null) node.forEach(each -> all.add(each.asText()));
        return all;
    }

    static Object shown(TasksTupleWithEpochs tasks) {
        return Map.of("active", sortedEpochs(tasks.activeTasksWithEpochs()), "standby", sorted(tasks.standbyTasks()), "warmup",
            sorted(tasks.warmupTasks()));
    }

    static Object hash(JsonNode node) {
        JsonNode topics = node.get("topics");
        Map<String, Long> hashes = new HashMap<>();
        topics.fieldNames().forEachRemaining(
            name -> hashes.put(name, org.apache.kafka.coordinator.group.Utils.computeTopicHash(name, image(topics))));
        return Map.of("hash", String.valueOf(org.apache.kafka.coordinator.group.Utils.computeGroupHash(hashes)));
    }
}
