import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.tools.ConsumerPerformance;
import org.apache.kafka.tools.ProducerPerformance;

/**
 * One JVM for all rounds of a bench, so that neither broker meets a colder client than the other. Reads commands, a line
 * each with tabs between words, and prints a line "done" after what each of them prints:
 *
 * produce ARGS…            Apache's producer-perf
 * consume ARGS…            Apache's consumer-perf
 * tail BOOTSTRAP TOPIC RECORDS SIZE          a consumer at the end of the topic while records come as fast as they can;
 *                          prints records per second from the first send to the last read
 * latency BOOTSTRAP TOPIC RECORDS RATE SIZE  from send to poll, in ms: p50 p99 p99.9 max
 */
public class PerfClient {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            String[] words = line.split("\t");
            String[] rest = Arrays.copyOfRange(words, 1, words.length);
            switch (words[0]) {
                case "produce" -> ProducerPerformance.main(rest);
                case "consume" -> ConsumerPerformance.main(rest);
                case "tail" -> tail(rest[0], rest[1], Integer.parseInt(rest[2]), Integer.parseInt(rest[3]));
                case "latency" -> latency(rest[0], rest[1], Integer.parseInt(rest[2]), Integer.parseInt(rest[3]), Integer.parseInt(rest[4]));
                default -> throw new IllegalArgumentException(line);
            }
            System.out.println("done");
            System.out.flush();
        }
    }

    private static Properties properties(String bootstrap) {
        var properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        for (String side : List.of("key", "value")) {
            properties.put(side + ".serializer", "org.apache.kafka.common.serialization.ByteArraySerializer");
            properties.put(side + ".deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer");
        }
        return properties;
    }

    /** A consumer that stands at the end of partition 0, and calls back for each record until it has had them all. */
    private static Thread reader(String bootstrap, String topic, int records, CountDownLatch ready,
                                 AtomicReference<Throwable> failure, java.util.function.ObjIntConsumer<byte[]> each) {
        var thread = new Thread(() -> {
            try (var consumer = new KafkaConsumer<byte[], byte[]>(properties(bootstrap))) {
                var partition = List.of(new TopicPartition(topic, 0));
                consumer.assign(partition);
                consumer.seekToEnd(partition);
                consumer.position(partition.get(0));
                ready.countDown();
                for (int count = 0; count < records; ) {
                    for (var record : consumer.poll(Duration.ofMillis(1000))) each.accept(record.value(), count++);
                }
            } catch (Throwable error) {
                failure.set(error);
                ready.countDown();
            }
        });
        thread.start();
        return thread;
    }

    private static void tail(String bootstrap, String topic, int records, int size) throws Exception {
        var ready = new CountDownLatch(1);
        var failure = new AtomicReference<Throwable>();
        var thread = reader(bootstrap, topic, records, ready, failure, (value, count) -> { });
        ready.await();
        byte[] value = new byte[size];
        new java.util.SplittableRandom(1).nextBytes(value);
        long begin = System.nanoTime();
        try (var producer = new KafkaProducer<byte[], byte[]>(properties(bootstrap))) {
            for (int i = 0; i < records; i++) producer.send(new ProducerRecord<>(topic, 0, null, value));
        }
        thread.join();
        if (failure.get() != null) throw new Exception(failure.get());
        System.out.println("rate " + records / ((System.nanoTime() - begin) / 1e9));
    }

    private static void latency(String bootstrap, String topic, int records, int rate, int size) throws Exception {
        var ready = new CountDownLatch(1);
        var failure = new AtomicReference<Throwable>();
        long[] nanos = new long[records];
        var thread = reader(bootstrap, topic, records, ready, failure, (value, count) ->
            nanos[count] = System.nanoTime() - java.nio.ByteBuffer.wrap(value).getLong());
        ready.await();
        var properties = properties(bootstrap);
        properties.put("linger.ms", "0");
        long begin = System.nanoTime();
        try (var producer = new KafkaProducer<byte[], byte[]>(properties)) {
            for (int i = 0; i < records; i++) {
                long due = begin + i * 1_000_000_000L / rate;
                for (long now; (now = System.nanoTime()) < due; ) java.util.concurrent.locks.LockSupport.parkNanos(due - now);
                byte[] value = new byte[size];
                // The time it was due: a stall of the client counts too, as it would for who waits.
                java.nio.ByteBuffer.wrap(value).putLong(due);
                producer.send(new ProducerRecord<>(topic, 0, null, value));
            }
        }
        thread.join();
        if (failure.get() != null) throw new Exception(failure.get());
        // The first tenth warms up.
        long[] sorted = Arrays.copyOfRange(nanos, records / 10, records);
        Arrays.sort(sorted);
        var text = new StringBuilder("latency");
        for (double share : new double[] {0.5, 0.99, 0.999, 1}) {
            text.append(' ').append(sorted[(int) Math.min(sorted.length - 1, sorted.length * share)] / 1e6);
        }
        System.out.println(text);
    }
}
