import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.DynamicBrokerConfig;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;

/** Prints every setting that Apache Kafka declares: kind, name, type, default, validator, how it changes, whether it is shown. */
public class BrokerSettings {
  public static void main(String[] args) {
    Map<String, String> modes = DynamicBrokerConfig.dynamicConfigUpdateModes();
    print("broker", kafka.server.KafkaConfig.configDef(), modes);
    print("group", GroupConfig.CONFIG_DEF, Map.of());
    print("client-metrics", ClientMetricsConfigs.configDef(), Map.of());
  }

  private static void print(String kind, ConfigDef definition, Map<String, String> modes) {
    for (ConfigDef.ConfigKey key : new TreeMap<>(definition.configKeys()).values()) {
      String standard = key.defaultValue == ConfigDef.NO_DEFAULT_VALUE || key.defaultValue == null
          ? "-" : "=" + ConfigDef.convertToString(key.defaultValue, key.type);
      System.out.println(String.join("\t", kind, key.name, key.type.name(), standard, String.valueOf(key.validator),
          modes.getOrDefault(key.name, "-"), String.valueOf(!key.internalConfig)));
    }
  }
}
