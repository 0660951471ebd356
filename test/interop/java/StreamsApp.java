import java.time.Duration;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

/**
 * One instance of a word count on stock Kafka Streams: words from the topic "words" are counted into the topic "counts", through a
 * repartition topic and a store. Arguments: settings as name=value. Says "tasks ACTIVE STANDBY" whenever that changes, as lists of
 * subtopology_partition, and "state STATE"; ends when its input does.
 */
public class StreamsApp {
    public static void main(String[] args) throws Exception {
        Properties p = new Properties();
        for (String arg : args) p.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
        StreamsBuilder b = new StreamsBuilder();
        var strings = Serdes.String();
        b.stream("words", Consumed.with(strings, strings)).groupBy((k, word) -> word, Grouped.with(strings, strings))
            .count(Materialized.as("counted")).toStream().to("counts", Produced.with(strings, Serdes.Long()));
        KafkaStreams streams = new KafkaStreams(b.build(p), p);
        streams.setStateListener((now, before) -> say("state " + now));
        streams.setUncaughtExceptionHandler(e -> {
            say("failed " + e);
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        streams.start();
        Thread watch = new Thread(() -> {
            String last = "";
            try {
                for (;; Thread.sleep(50)) {
                    String now = "tasks " + tasks(streams, true) + " " + tasks(streams, false);
                    if (!now.equals(last)) say(last = now);
                }
            } catch (InterruptedException | IllegalStateException e) {
                // The instance ends.
            }
        });
        watch.setDaemon(true);
        watch.start();
        while (System.in.read() >= 0) continue;
        watch.interrupt();
        streams.close(Duration.ofSeconds(30));
        say("closed");
    }

    static synchronized void say(String text) {
        System.out.println(text);
    }

    static String tasks(KafkaStreams streams, boolean active) {
        String all = streams.metadataForLocalThreads().stream()
            .flatMap(t -> (active ? t.activeTasks() : t.standbyTasks()).stream()).map(t -> t.taskId().toString()).sorted()
            .collect(Collectors.joining(","));
        return all.isEmpty() ? "-" : all;
    }
}
