import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/**
 * Lets Apache Kafka's StandardAuthorizer decide. Lines of fields with tabs between: "set everyone superusers" begins anew,
 * "acl type name pattern principal host operation permission" adds an entry, "ask user host operation type name" prints the
 * answer with all entries and the answer with only those whose pattern applies to the name, and "some user host operation
 * type" prints the answer for a type of resource. Enumerations are given by their codes.
 */
public class AclDecisions {
    record Requester(KafkaPrincipal principal, InetAddress clientAddress) implements AuthorizableRequestContext {
        public String listenerName() { return "PLAINTEXT"; }
        public SecurityProtocol securityProtocol() { return SecurityProtocol.PLAINTEXT; }
        public int requestType() { return 0; }
        public int requestVersion() { return 0; }
        public String clientId() { return "oracle"; }
        public int correlationId() { return 0; }
    }

    static Map<String, Object> settings = new HashMap<>();
    static List<StandardAcl> acls = new ArrayList<>();
    static StandardAuthorizer withAll;

    static StandardAuthorizer of(List<StandardAcl> entries) {
        StandardAuthorizer authorizer = new StandardAuthorizer();
        authorizer.configure(settings);
        authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
        Map<Uuid, StandardAcl> byId = new HashMap<>();
        for (StandardAcl acl : entries) byId.put(Uuid.randomUuid(), acl);
        authorizer.loadSnapshot(byId);
        authorizer.completeInitialLoad();
        return authorizer;
    }

    static boolean applies(StandardAcl acl, ResourceType type, String name) {
        if (acl.resourceType() != type) return false;
        if (acl.patternType() == PatternType.PREFIXED) return name.startsWith(acl.resourceName());
        return acl.resourceName().equals(name) || acl.resourceName().equals("*");
    }

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] f = line.split("\t");
            if (f[0].equals("set")) {
                settings = Map.of("node.id", "1", "allow.everyone.if.no.acl.found", f[1], "super.users", f[2]);
                acls = new ArrayList<>();
                withAll = null;
            } else if (f[0].equals("acl")) {
                StandardAcl acl = new StandardAcl(
                    ResourceType.fromCode(Byte.parseByte(f[1])), f[2], PatternType.fromCode(Byte.parseByte(f[3])),
                    f[4], f[5], AclOperation.fromCode(Byte.parseByte(f[6])), AclPermissionType.fromCode(Byte.parseByte(f[7])));
                // An entry can be there once only.
                if (!acls.contains(acl)) acls.add(acl);
            } else {
                if (withAll == null) withAll = of(acls);
                Requester requester = new Requester(new KafkaPrincipal("User", f[1]), InetAddress.getByName(f[2]));
                AclOperation operation = AclOperation.fromCode(Byte.parseByte(f[3]));
                ResourceType type = ResourceType.fromCode(Byte.parseByte(f[4]));
                if (f[0].equals("some")) {
                    System.out.println(withAll.authorizeByResourceType(requester, operation, type));
                    continue;
                }
                Action action = new Action(operation, new ResourcePattern(type, f[5], PatternType.LITERAL), 1, false, false);
                AuthorizationResult all = withAll.authorize(requester, List.of(action)).get(0);
                List<StandardAcl> applying = new ArrayList<>();
                for (StandardAcl acl : acls) if (applies(acl, type, f[5])) applying.add(acl);
                System.out.println(all + " " + of(applying).authorize(requester, List.of(action)).get(0));
            }
        }
    }
}
