import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/** Reads lines of "class version json" and prints the bytes that Apache Kafka's own generated class writes, as hex. */
public class WireBytes {
    public static void main(String[] args) throws Exception {
        var mapper = new ObjectMapper();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            String[] parts = line.split(" ", 3);
            short version = Short.parseShort(parts[1]);
            try {
                var read = Class.forName(parts[0] + "JsonConverter").getMethod("read", JsonNode.class, short.class);
                var message = (Message) read.invoke(null, mapper.readTree(parts[2]), version);
                ByteBuffer buffer = MessageUtil.toByteBufferAccessor(message, version).buffer();
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                System.out.println(HexFormat.of().formatHex(bytes));
            } catch (Exception error) {
                Throwable cause = error.getCause() == null ? error : error.getCause();
                System.out.println("refused: " + cause.toString().replace('\n', ' '));
            }
        }
    }
}
