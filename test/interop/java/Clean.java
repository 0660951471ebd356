import java.io.*;
import java.lang.reflect.Proxy;
import java.util.*;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.*;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Compacts the logs named on standard input with Apache Kafka's own cleaner, one per line:
 *   DIRECTORY FIRST_DIRTY_OFFSET FIRST_UNCLEANABLE_OFFSET NOW_MS SEGMENT_BYTES DELETE_RETENTION_MS KEY_BYTES
 * and prints up to where each is clean then.
 */
public class Clean {
    public static void main(String[] args) throws Exception {
        KafkaScheduler scheduler = new KafkaScheduler(1);
        scheduler.startup();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            long[] numbers = Arrays.stream(words).skip(1).mapToLong(Long::parseLong).toArray();
            System.out.println(clean(scheduler, new File(words[0]), numbers));
        }
        scheduler.shutdown();
    }

    /** A clock that stands: producers would be forgotten by that of the machine. */
    static Time at(long nowMs) {
        return (Time) Proxy.newProxyInstance(Clean.class.getClassLoader(), new Class<?>[] {Time.class},
            (proxy, method, args) -> method.getName().equals("milliseconds") ? nowMs : method.invoke(Time.SYSTEM, args));
    }

    static long clean(KafkaScheduler scheduler, File directory, long[] numbers) throws Exception {
        LogConfig config = new LogConfig(Map.of(
            "cleanup.policy", "compact",
            "internal.segment.bytes", (int) numbers[3],
            "delete.retention.ms", numbers[4],
            "file.delete.delay.ms", 3_600_000L));
        Time time = at(numbers[2]);
        UnifiedLog log = UnifiedLog.create(directory, config, 0L, 0L, scheduler, new BrokerTopicStats(), time,
            300_000, new ProducerStateManagerConfig(86_400_000, false), 600_000, new LogDirFailureChannel(1), true,
            Optional.empty());
        log.updateHighWatermark(log.logEndOffset());
        Throttler throttler = new Throttler(Double.MAX_VALUE, 300L, "cleaner", "bytes", Time.SYSTEM);
        Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap((int) numbers[5]), 1 << 20, 1 << 24, 0.9, throttler,
            Time.SYSTEM, partition -> { });
        long end = cleaner.doClean(new LogToClean(log, numbers[0], numbers[1], false), numbers[2]).getKey();
        log.close();
        return end;
    }
}
