import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Reads lines of "class version hex", decodes the bytes with Apache Kafka's own generated class, writes them again, and
 * prints a line for each that did not come out the same; last the number of lines.
 */
public class RoundTrips {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        String name = "";
        Class<?> type = null;
        long lines = 0;
        for (String line; (line = in.readLine()) != null; lines++) {
            String[] parts = line.split(" ", 3);
            short version = Short.parseShort(parts[1]);
            if (!name.equals(parts[0])) type = Class.forName(name = parts[0]);
            byte[] given = HexFormat.of().parseHex(parts[2]);
            String written;
            try {
                var message = (Message) type.getDeclaredConstructor().newInstance();
                ByteBuffer bytes = ByteBuffer.wrap(given);
                message.read(new ByteBufferAccessor(bytes), version);
                if (bytes.hasRemaining()) throw new IllegalStateException(bytes.remaining() + " bytes left over");
                ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
                byte[] again = new byte[buffer.remaining()];
                buffer.get(again);
                written = HexFormat.of().formatHex(again);
            } catch (Exception error) {
                written = "refused: " + error.toString().replace('\n', ' ');
            }
            if (!written.equals(parts[2])) System.out.println(parts[0] + " v" + version + ": " + parts[2] + "; theirs " + written);
        }
        System.out.println(lines);
    }
}
