import java.io.*;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Crc32C;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes and reads record batches with Apache Kafka's own classes.
 *   write FILE SEED COUNT   COUNT random batches, codecs in turn, into FILE; what is in them on standard output
 *   read FILE               what is in the batches of FILE, each verified by its checksum
 *   hash                    murmur2 and CRC-32C of each line of standard input that holds hex digits
 */
public class RecordBatches {
    static final CompressionType[] TYPES = CompressionType.values();

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, StandardCharsets.UTF_8);
        switch (args[0]) {
            case "write" -> write(Path.of(args[1]), Long.parseLong(args[2]), Integer.parseInt(args[3]), out);
            case "read" -> read(MemoryRecords.readableRecords(ByteBuffer.wrap(Files.readAllBytes(Path.of(args[1])))), out);
            case "hash" -> hash(out);
            default -> throw new IllegalArgumentException(args[0]);
        }
        out.flush();
    }

    static void hash(PrintStream out) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            byte[] bytes = HexFormat.of().parseHex(line);
            out.println(Utils.murmur2(bytes) + " " + Crc32C.compute(bytes, 0, bytes.length));
        }
    }

    static byte[] bytes(Random random, int most) {
        int kind = random.nextInt(6);
        if (kind == 0) return null;
        byte[] bytes = new byte[kind == 1 ? 0 : random.nextInt(most)];
        if (kind == 2) random.nextBytes(bytes);
        else for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) "level=info path=/index ".charAt(i % 23);
        return bytes;
    }

    static void write(Path file, long seed, int count, PrintStream out) throws IOException {
        Random random = new Random(seed);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        long offset = 0;
        for (int i = 0; i < count; i++) {
            Compression compression = Compression.of(TYPES[i % TYPES.length]).build();
            boolean idempotent = random.nextBoolean();
            TimestampType type = random.nextInt(4) == 0 ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
            MemoryRecordsBuilder builder = new MemoryRecordsBuilder(ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2, compression,
                type, offset, type == TimestampType.LOG_APPEND_TIME ? 1_700_000_000_000L + i : RecordBatch.NO_TIMESTAMP, idempotent ? random.nextLong() >>> 12 : -1, idempotent ? (short) random.nextInt(32767) : -1,
                idempotent ? random.nextInt(Integer.MAX_VALUE) : -1, idempotent && random.nextBoolean(), false, random.nextInt(100), Integer.MAX_VALUE);
            int records = 1 + random.nextInt(i % 50 == 0 ? 2000 : 20);
            for (int r = 0; r < records; r++) {
                Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(4) : 0];
                for (int h = 0; h < headers.length; h++) headers[h] = new RecordHeader("h" + random.nextInt(1000), bytes(random, 30));
                long timestamp = 1_700_000_000_000L + random.nextInt(100_000) - 50_000;
                builder.append(timestamp, bytes(random, 40), bytes(random, i % 40 == 7 ? 100_000 : 300), headers);
            }
            MemoryRecords built = builder.build();
            byte[] batch = new byte[built.sizeInBytes()];
            built.buffer().duplicate().get(batch);
            all.write(batch);
            offset += records;
        }
        Files.write(file, all.toByteArray());
        read(MemoryRecords.readableRecords(ByteBuffer.wrap(all.toByteArray())), out);
    }

    static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = Utils.toArray(buffer);
        return bytes.length <= 24 ? HexFormat.of().formatHex(bytes) : bytes.length + ":" + Crc32C.compute(bytes, 0, bytes.length);
    }

    static void read(MemoryRecords records, PrintStream out) {
        for (RecordBatch batch : records.batches()) {
            batch.ensureValid();
            out.println(String.join(" ", "batch", "" + batch.baseOffset(), "" + batch.lastOffset(), "" + batch.sizeInBytes(), batch.compressionType().name,
                batch.timestampType().name, "" + batch.isTransactional(), "" + batch.isControlBatch(), "" + batch.maxTimestamp(), "" + batch.producerId(),
                "" + batch.producerEpoch(), "" + batch.baseSequence(), "" + batch.lastSequence(), "" + batch.partitionLeaderEpoch(), "" + batch.countOrNull()));
            for (Record record : batch) {
                StringBuilder line = new StringBuilder();
                line.append(record.offset()).append(' ').append(record.timestamp()).append(' ').append(hex(record.key())).append(' ').append(hex(record.value()));
                for (Header header : record.headers()) line.append(' ').append(header.key()).append('=').append(header.value() == null ? "null" : hex(ByteBuffer.wrap(header.value())));
                out.println(line);
            }
        }
    }
}
