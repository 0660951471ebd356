import java.io.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/**
 * Connects with one set of client properties after another. Reads cases from stdin: "case NAME", lines of properties as name=value,
 * "end". Answers with a line per case: NAME and a tab, and "ok" when the brokers were described and a record was written and
 * read, else the simple name of the exception.
 */
public class Logins {
    static String attempt(Properties properties) {
        properties.put("default.api.timeout.ms", "6000");
        properties.put("request.timeout.ms", "5000");
        properties.put("max.block.ms", "6000");
        properties.put("delivery.timeout.ms", "6000");
        try {
            try (Admin admin = Admin.create(properties)) {
                admin.describeCluster().nodes().get();
            }
            String value = UUID.randomUUID().toString();
            RecordMetadata written;
            try (Producer<String, String> producer = new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
                written = producer.send(new ProducerRecord<>("logins", value)).get();
            }
            try (Consumer<String, String> consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
                TopicPartition partition = new TopicPartition("logins", written.partition());
                consumer.assign(List.of(partition));
                consumer.seek(partition, written.offset());
                for (int i = 0; i < 20; i++)
                    for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(500)))
                        return each.value().equals(value) ? "ok" : "other value";
                return "nothing read";
            }
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException || error.getCause() instanceof org.apache.kafka.common.errors.ApiException ? error.getCause() : error;
            return cause.getClass().getSimpleName();
        }
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String name = line.substring("case ".length());
            Properties properties = new Properties();
            for (line = in.readLine(); !line.equals("end"); line = in.readLine()) {
                int at = line.indexOf('=');
                properties.put(line.substring(0, at), line.substring(at + 1));
            }
            String url = properties.getProperty("sasl.oauthbearer.token.endpoint.url");
            if (url != null) {
                System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.urls", url);
                System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.files", java.net.URI.create(url).getPath());
            }
            System.out.println(name + "\t" + attempt(properties));
            System.out.flush();
        }
    }
}
