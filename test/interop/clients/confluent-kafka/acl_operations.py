"""Tries what librdkafka's clients can do as user ann: without a right, with it, and with a denial besides.

Prints "name without=... allowed=... denied=...", where ... is ok, the name of the error, or what was missing. The
argument is where SASL/PLAIN listens; users have their names as passwords, and admin may do everything.
"""

import sys
import time
import warnings
from itertools import count

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, ElectionType, KafkaError, KafkaException, Producer,
                             TopicCollection, TopicPartition)
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient,
                                   AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec,
                                   ResourcePatternType, ResourceType, ScramCredentialInfo, ScramMechanism,
                                   UserScramCredentialUpsertion)

# One of the old calls is tried as well.
warnings.simplefilter('ignore', DeprecationWarning)
WAIT = 10
bootstrap = sys.argv[1]
serial = count()
partition = TopicPartition('t', 0)
# Errors that ended a client of an attempt, and the attempt's admin clients: without a reference they close.
fatal = []
used = []


class Missing(Exception):
    """What should have been in an answer and was not."""


def login(user, **more):
    given = {name.replace('_', '.'): value for name, value in more.items()}
    return {'bootstrap.servers': bootstrap, 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN',
            'sasl.username': user, 'sasl.password': user, 'log_level': 0,
            'error_cb': lambda error: error.fatal() and fatal.append(error), **given}


admin = AdminClient(login('admin'))


def result(futures):
    """The results of an admin call, or the first error among them."""
    return {key: future.result(WAIT) for key, future in futures.items()}


def ann():
    """A client that has seen nothing yet."""
    used.append(AdminClient(login('ann')))
    return used[-1]


# What was given

def binding(right, permission):
    operation, kind, name = right
    return AclBinding(kind, name, ResourcePatternType.LITERAL, 'User:ann', '*', operation, permission)


anything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY,
                            AclPermissionType.ANY)


def give(bindings):
    result(admin.delete_acls([anything]))
    if bindings:
        result(admin.create_acls(bindings))
    while len(admin.describe_acls(anything).result(WAIT)) != len(bindings):
        time.sleep(0.02)


def on_topic(operation, name='t'):
    return operation, ResourceType.TOPIC, name


def on_group(operation, name='g'):
    return operation, ResourceType.GROUP, name


def on_cluster(operation):
    return operation, ResourceType.BROKER, 'kafka-cluster'


def on_transaction(operation):
    return operation, ResourceType.TRANSACTIONAL_ID, 'x'


# What clients do

def producer(**more):
    return Producer(login('ann', message_timeout_ms=WAIT * 1000, **more))


def send(writer, topic='t'):
    told = []
    writer.produce(topic, b'v', on_delivery=lambda error, _: told.append(error))
    writer.flush(WAIT)
    error = told[0] if told else KafkaError(KafkaError._TIMED_OUT)
    if error is not None:
        raise KafkaException(error)


def idempotently():
    writer = producer(enable_idempotence=True)
    try:
        send(writer)
    except KafkaException:
        # What the topic and what the producer's id lack is told in any order.
        until = time.time() + 3
        while not fatal and time.time() < until:
            writer.poll(0.1)
        raise


def in_transaction(body, commit=True):
    writer = producer(transactional_id='x')
    writer.init_transactions(WAIT)
    writer.begin_transaction()
    try:
        body(writer)
    except KafkaException as error:
        # A record that fell with its transaction does not know why.
        if error.args[0].name() != '_PURGE_QUEUE':
            raise
    if commit:
        writer.commit_transaction(WAIT)
    else:
        writer.abort_transaction(WAIT)


def consumer(**more):
    more = {'group_id': 'g', 'auto_offset_reset': 'earliest', 'enable_auto_commit': False, **more}
    return Consumer(login('ann', **more))


def with_consumer(body, **more):
    member = consumer(**more)
    try:
        body(member)
    finally:
        member.close()


def read(member):
    until = time.time() + WAIT
    while time.time() < until:
        message = member.poll(0.2)
        if message is not None and message.error():
            raise KafkaException(message.error())
        if message is not None:
            return
    raise Missing('records')


def read_group(member):
    member.subscribe(['t'])
    read(member)
    member.commit(asynchronous=False)


def read_partition(member):
    member.assign([TopicPartition('t', 0, 0)])
    read(member)


def commit(member):
    for each in member.commit(offsets=[TopicPartition('t', 0, 0)], asynchronous=False):
        if each.error:
            raise KafkaException(each.error)


def committed(member):
    for each in member.committed([partition], timeout=WAIT):
        if each.error:
            raise KafkaException(each.error)


def send_offsets(writer):
    with_consumer(lambda member: writer.send_offsets_to_transaction(
        [TopicPartition('t', 0, 0)], member.consumer_group_metadata(), WAIT))


def see_topic():
    error = ann().list_topics('t', timeout=WAIT).topics['t'].error
    if error:
        raise KafkaException(error)


def present(name, names):
    if name not in names:
        raise Missing(name)


def see_group():
    present('g', [each.group_id for each in ann().list_consumer_groups().result(WAIT).valid])


def see_entries():
    present(binding(on_topic(READ), AclPermissionType.ALLOW), ann().describe_acls(anything).result(WAIT))


def doomed_topic():
    if 'doomed' not in admin.list_topics(timeout=WAIT).topics:
        result(admin.create_topics([NewTopic('doomed', 1, 1)]))
    result(ann().delete_topics(['doomed']))


def set_offsets(client, group):
    request = [ConsumerGroupTopicPartitions(group, [TopicPartition('t', 0, 0)])]
    for found in result(client.alter_consumer_group_offsets(request)).values():
        for each in found.topic_partitions:
            if each.error:
                raise KafkaException(each.error)


def doomed_group():
    set_offsets(admin, 'doomed')
    result(ann().delete_consumer_groups(['doomed']))


def group_offsets():
    for found in result(ann().list_consumer_group_offsets([ConsumerGroupTopicPartitions('g', [partition])])).values():
        for each in found.topic_partitions:
            if each.error:
                raise KafkaException(each.error)


def elect():
    for error in ann().elect_leaders(ElectionType.PREFERRED, [partition]).result(WAIT).values():
        if error is not None and error.name() != 'ELECTION_NOT_NEEDED':
            raise KafkaException(error)


def operations(found, wanted):
    present(wanted, found.authorized_operations)


def setting(kind, name, entry, value):
    changed = ConfigEntry(entry, value, incremental_operation=AlterConfigOpType.SET)
    return ConfigResource(kind, name, incremental_configs=[changed])


topic_settings = ConfigResource(ResourceType.TOPIC, 't')
broker_settings = ConfigResource(ResourceType.BROKER, '1')
other_acl = AclBinding(ResourceType.TOPIC, 'other', ResourcePatternType.LITERAL, 'User:bob', '*', AclOperation.READ,
                       AclPermissionType.ALLOW)
no_acl = AclBindingFilter(ResourceType.TOPIC, 'none', ResourcePatternType.LITERAL, None, None, AclOperation.ANY,
                          AclPermissionType.ANY)
bob = UserScramCredentialUpsertion('bob', ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b'secret', b'salt')
READ, WRITE, CREATE, DELETE = AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DELETE
ALTER, DESCRIBE = AclOperation.ALTER, AclOperation.DESCRIBE
SEE, CHANGE = AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS

# The last of the rights is the one that is tried; the others are there in any case.
cases = [
    ('produce', lambda: send(producer()), on_topic(WRITE)),
    ('produce with acks=0', lambda: send(producer(acks=0)), on_topic(WRITE)),
    ('produce idempotently', idempotently, on_topic(WRITE)),
    ('produce to a topic that is made by it', lambda: send(producer(), f'new-{next(serial)}'),
     on_topic(WRITE, '*'), on_topic(CREATE, '*')),
    ('begin transactions', lambda: producer(transactional_id='x').init_transactions(WAIT), on_transaction(WRITE)),
    ('produce in a transaction', lambda: in_transaction(send), on_transaction(WRITE), on_topic(WRITE)),
    ('commit a transaction', lambda: in_transaction(send), on_topic(WRITE), on_transaction(WRITE)),
    ('abort a transaction', lambda: in_transaction(send, False), on_topic(WRITE), on_transaction(WRITE)),
    ('commit offsets of a group in a transaction', lambda: in_transaction(send_offsets),
     on_transaction(WRITE), on_topic(READ), on_group(READ)),
    ('commit offsets of a topic in a transaction', lambda: in_transaction(send_offsets),
     on_transaction(WRITE), on_group(READ), on_topic(READ)),
    ('consume a partition', lambda: with_consumer(read_partition), on_group(READ), on_topic(READ)),
    ('consume in a group', lambda: with_consumer(read_group), on_topic(READ), on_group(READ)),
    ('consume a topic in a group', lambda: with_consumer(read_group), on_group(READ), on_topic(READ)),
    ('consume in a group of the new protocol',
     lambda: with_consumer(read_group, group_id='n', group_protocol='consumer'), on_topic(READ), on_group(READ, 'n')),
    ('consume a topic in a group of the new protocol',
     lambda: with_consumer(read_group, group_id='n', group_protocol='consumer'), on_group(READ, 'n'), on_topic(READ)),
    ('commit in a group', lambda: with_consumer(commit), on_topic(READ), on_group(READ)),
    ('commit of a topic', lambda: with_consumer(commit), on_group(READ), on_topic(READ)),
    ('see what a group committed', lambda: with_consumer(committed), on_topic(DESCRIBE), on_group(DESCRIBE)),
    ('see what was committed of a topic', lambda: with_consumer(committed), on_group(DESCRIBE), on_topic(DESCRIBE)),
    ('see watermarks', lambda: with_consumer(lambda c: c.get_watermark_offsets(partition, timeout=WAIT)),
     on_topic(DESCRIBE)),
    ('see metadata of a topic', see_topic, on_topic(DESCRIBE)),
    ('see all topics', lambda: present('t', ann().list_topics(timeout=WAIT).topics), on_topic(DESCRIBE)),
    ('describe a topic', lambda: result(ann().describe_topics(TopicCollection(['t']))), on_topic(DESCRIBE)),
    ('know what is allowed on a topic', lambda: operations(
        result(ann().describe_topics(TopicCollection(['t']), include_authorized_operations=True))['t'], READ),
     on_topic(DESCRIBE), on_topic(READ)),
    ('list offsets', lambda: result(ann().list_offsets({partition: OffsetSpec.latest()})), on_topic(DESCRIBE)),
    ('create a topic', lambda: result(ann().create_topics([NewTopic('new', 1, 1)], validate_only=True)),
     on_topic(CREATE, 'new')),
    ('create any topic', lambda: result(ann().create_topics([NewTopic('new', 1, 1)], validate_only=True)),
     on_cluster(CREATE)),
    ('delete a topic', doomed_topic, on_topic(DELETE, 'doomed')),
    ('delete records', lambda: result(ann().delete_records([TopicPartition('t', 0, 0)])),
     on_topic(DESCRIBE), on_topic(DELETE)),
    ('add partitions', lambda: result(ann().create_partitions([NewPartitions('t', 5)], validate_only=True)),
     on_topic(ALTER)),
    ('see settings of a topic', lambda: result(ann().describe_configs([topic_settings])), on_topic(SEE)),
    ('see settings of the broker', lambda: result(ann().describe_configs([broker_settings])), on_cluster(SEE)),
    ('change settings of a topic', lambda: result(ann().incremental_alter_configs(
        [setting(ResourceType.TOPIC, 't', 'retention.ms', '1000000')])), on_topic(CHANGE)),
    ('change settings of the broker', lambda: result(ann().incremental_alter_configs(
        [setting(ResourceType.BROKER, '1', 'log.cleaner.threads', '1')], validate_only=True)), on_cluster(CHANGE)),
    ('replace settings of a topic', lambda: result(ann().alter_configs(
        [ConfigResource(ResourceType.TOPIC, 't', set_config={'retention.ms': '1000000'})])), on_topic(CHANGE)),
    ('replace settings of the broker', lambda: result(ann().alter_configs(
        [ConfigResource(ResourceType.BROKER, '1', set_config={'log.cleaner.threads': '1'})], validate_only=True)),
     on_cluster(CHANGE)),
    ('know what is allowed on the cluster', lambda: operations(
        ann().describe_cluster(include_authorized_operations=True).result(WAIT), ALTER),
     on_cluster(DESCRIBE), on_cluster(ALTER)),
    ('list groups', see_group, on_group(DESCRIBE)),
    ('list all groups', see_group, on_cluster(DESCRIBE)),
    ('describe a group', lambda: result(ann().describe_consumer_groups(['g'])), on_group(DESCRIBE)),
    ('know what is allowed on a group', lambda: operations(
        result(ann().describe_consumer_groups(['g'], include_authorized_operations=True))['g'], DELETE),
     on_group(DESCRIBE), on_group(DELETE)),
    ('see offsets of a group', group_offsets, on_topic(DESCRIBE), on_group(DESCRIBE)),
    ('see offsets of a group for a topic', group_offsets, on_group(DESCRIBE), on_topic(DESCRIBE)),
    ('change offsets of a group', lambda: set_offsets(ann(), 'g'), on_topic(READ), on_group(READ)),
    ('change offsets of a group for a topic', lambda: set_offsets(ann(), 'g'), on_group(READ), on_topic(READ)),
    ('delete a group', doomed_group, on_group(DELETE, 'doomed')),
    ('describe entries', see_entries, on_topic(READ), on_cluster(DESCRIBE)),
    ('add entries', lambda: result(ann().create_acls([other_acl])), on_cluster(ALTER)),
    ('remove entries', lambda: result(ann().delete_acls([no_acl])), on_cluster(ALTER)),
    # Not here: describing users, whose refusal ends the process of this client, on Apache Kafka as well.
    ('make a user', lambda: result(ann().alter_user_scram_credentials([bob])), on_cluster(ALTER)),
    ('elect leaders', elect, on_cluster(ALTER)),
]


def attempt(action):
    try:
        action()
        return 'ok'
    except KafkaException as error:
        return (fatal[0] if fatal else error.args[0]).name()
    except Missing as missing:
        return f'without-{missing}'.replace(' ', '')
    finally:
        fatal.clear()
        used.clear()


def main():
    result(admin.create_topics([NewTopic('t', 1, 1)]))
    first = Producer(login('admin'))
    first.produce('t', b'first')
    first.flush(WAIT)
    # The first question for a coordinator makes its topic, which takes a moment.
    while True:
        try:
            set_offsets(admin, 'g')
            break
        except KafkaException as error:
            if not error.args[0].name().endswith(('COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'LOAD_IN_PROGRESS')):
                raise
            time.sleep(0.2)
    for name, action, *rights in cases:
        *others, tried = rights
        others = [binding(right, AclPermissionType.ALLOW) for right in others]
        allow, deny = binding(tried, AclPermissionType.ALLOW), binding(tried, AclPermissionType.DENY)
        answers = []
        for given in (others, [*others, allow], [*others, allow, deny]):
            give(given)
            answers.append(attempt(action))
        print('{} without={} allowed={} denied={}'.format(name, *answers), flush=True)


main()
