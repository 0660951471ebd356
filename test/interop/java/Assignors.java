import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.internals.AbstractPartitionAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * Runs Kafka's own assignors. Reads cases from stdin, lines of fields separated by tabs:
 *   case NAME · topic NAME COUNT · member ID INSTANCE|- TOPICS GENERATION OWNED USERDATA · end
 * with topics separated by commas, owned partitions as topic-partition separated by commas, user data in hex or -.
 * Answers with a line per member, ID and its partitions sorted, and "end".
 * A line "remember NAME GENERATION PARTITIONS" answers with the user data that the assignor sends after that assignment.
 */
public class Assignors {
    static AbstractPartitionAssignor make(String name) {
        switch (name) {
            case "range": return new RangeAssignor();
            case "roundrobin": return new RoundRobinAssignor();
            case "sticky": return new StickyAssignor();
            default: return new CooperativeStickyAssignor();
        }
    }

    static List<TopicPartition> partitions(String text) {
        List<TopicPartition> list = new ArrayList<>();
        if (text.equals("-")) return list;
        for (String each : text.split(",")) {
            int dash = each.lastIndexOf('-');
            list.add(new TopicPartition(each.substring(0, dash), Integer.parseInt(each.substring(dash + 1))));
        }
        return list;
    }

    static ByteBuffer bytes(String hex) {
        return hex.equals("-") ? null : ByteBuffer.wrap(HexFormat.of().parseHex(hex));
    }

    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        String name = "";
        Map<String, Integer> counts = new HashMap<>();
        Map<String, Subscription> members = new HashMap<>();
        while (in.hasNextLine()) {
            String[] f = in.nextLine().split("\t", -1);
            if (f[0].equals("case")) {
                name = f[1];
                counts.clear();
                members.clear();
            } else if (f[0].equals("topic")) {
                counts.put(f[1], Integer.parseInt(f[2]));
            } else if (f[0].equals("member")) {
                List<String> topics = f[3].equals("-") ? List.of() : List.of(f[3].split(","));
                Subscription s = new Subscription(topics, bytes(f[6]), partitions(f[5]), Integer.parseInt(f[4]), Optional.empty());
                if (!f[2].equals("-")) s.setGroupInstanceId(Optional.of(f[2]));
                members.put(f[1], s);
            } else if (f[0].equals("end")) {
                for (var entry : new TreeMap<>(make(name).assign(counts, members)).entrySet()) {
                    List<String> sorted = new ArrayList<>();
                    for (TopicPartition each : entry.getValue()) sorted.add(each.toString());
                    Collections.sort(sorted);
                    out.append(entry.getKey()).append('\t').append(String.join(",", sorted)).append('\n');
                }
                out.append("end\n");
            } else if (f[0].equals("remember")) {
                AbstractPartitionAssignor assignor = make(f[1]);
                assignor.onAssignment(new Assignment(partitions(f[3])), new ConsumerGroupMetadata("g", Integer.parseInt(f[2]), "m", Optional.empty()));
                ByteBuffer data = assignor.subscriptionUserData(Set.of("t"));
                out.append(HexFormat.of().formatHex(Utils.toArray(data))).append('\n');
            }
        }
        System.out.print(out);
    }
}
