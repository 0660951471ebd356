import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;

/**
 * A consumer of the consumer protocol: bootstrap, group, instance id or "-", pattern or "=topic", records to wait for. Prints
 * the values it read in order, one line, and what it owned in the end, another; commits and leaves.
 */
public class ConsumerProtocol {
    public static void main(String[] args) {
        var settings = new Properties();
        settings.put("bootstrap.servers", args[0]);
        settings.put("group.id", args[1]);
        if (!args[2].equals("-")) settings.put("group.instance.id", args[2]);
        settings.put("group.protocol", "consumer");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("metadata.max.age.ms", "500");
        settings.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        settings.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        int wanted = Integer.parseInt(args[4]);
        var values = new TreeSet<Integer>();
        var owned = new TreeSet<String>();
        try (Consumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            if (args[3].startsWith("=")) consumer.subscribe(List.of(args[3].substring(1)));
            else consumer.subscribe(new SubscriptionPattern(args[3]));
            long end = System.currentTimeMillis() + 60_000;
            while (values.size() < wanted && System.currentTimeMillis() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(Integer.parseInt(record.value())));
            }
            consumer.assignment().forEach(partition -> owned.add(partition.toString()));
            consumer.commitSync();
        }
        System.out.println(values);
        System.out.println(owned);
    }
}
