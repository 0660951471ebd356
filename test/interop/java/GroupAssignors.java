import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.api.assignor.SubscriptionType;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.apache.kafka.coordinator.group.assignor.UniformAssignor;
import org.apache.kafka.coordinator.group.modern.Assignment;
import org.apache.kafka.coordinator.group.modern.GroupSpecImpl;
import org.apache.kafka.coordinator.group.modern.MemberSubscriptionAndAssignmentImpl;

/** Reads groups as lines of JSON and prints what Apache Kafka's server-side assignors give to whom. */
public class GroupAssignors {
    public static void main(String[] args) throws Exception {
        var mapper = new ObjectMapper();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) System.out.println(mapper.writeValueAsString(assign(mapper.readTree(line))));
    }

    static Object assign(JsonNode group) {
        Map<Uuid, Integer> counts = new HashMap<>();
        group.get("topics").fields().forEachRemaining(e -> counts.put(Uuid.fromString(e.getKey()), e.getValue().asInt()));
        Map<String, MemberSubscriptionAndAssignmentImpl> members = new HashMap<>();
        Map<Uuid, Map<Integer, String>> inverted = new HashMap<>();
        group.get("members").fields().forEachRemaining(e -> {
            Set<Uuid> topics = new HashSet<>();
            e.getValue().get("topics").forEach(t -> topics.add(Uuid.fromString(t.asText())));
            Map<Uuid, Set<Integer>> owned = new HashMap<>();
            e.getValue().get("assigned").fields().forEachRemaining(a -> {
                var list = new java.util.ArrayList<Integer>();
                a.getValue().forEach(p -> list.add(p.asInt()));
                Uuid topic = Uuid.fromString(a.getKey());
                owned.put(topic, new HashSet<>(list));
                for (int p : list) inverted.computeIfAbsent(topic, t -> new HashMap<>()).put(p, e.getKey());
            });
            members.put(e.getKey(), new MemberSubscriptionAndAssignmentImpl(
                Optional.empty(), Optional.ofNullable(e.getValue().get("instanceId").textValue()), topics, new Assignment(owned)));
        });
        ConsumerGroupPartitionAssignor assignor =
            group.get("assignor").asText().equals("range") ? new RangeAssignor() : new UniformAssignor();
        var type = group.get("homogeneous").asBoolean() ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        var result = assignor.assign(new GroupSpecImpl(Collections.unmodifiableMap(members), type, inverted), new SubscribedTopicDescriber() {
            public int numPartitions(Uuid topic) { return counts.getOrDefault(topic, -1); }
            public Set<String> racksForPartition(Uuid topic, int partition) { return Set.of(); }
            public Set<Integer> assignablePartitions(Uuid topic) { return Set.of(); }
        });
        Map<String, Map<String, Collection<Integer>>> printed = new TreeMap<>();
        result.members().forEach((id, m) -> {
            Map<String, Collection<Integer>> topics = new TreeMap<>();
            m.partitions().forEach((topic, partitions) -> { if (!partitions.isEmpty()) topics.put(topic.toString(), new TreeSet<>(partitions)); });
            if (!topics.isEmpty()) printed.put(id, topics);
        });
        return printed;
    }
}
