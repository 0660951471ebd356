"""The story that every client tells (see clients.ts), with kafka-python: BOOTSTRAP PREFIX"""
import json
import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata

FIRST = 1_700_000_000_000
bootstrap, prefix = sys.argv[1:3]
topic_in, topic_out, group = f'{prefix}-in', f'{prefix}-out', f'{prefix}-group'
partitions = [TopicPartition(topic_in, p) for p in range(3)]
admin = KafkaAdminClient(bootstrap_servers=bootstrap)


def say(step, **found):
    print(json.dumps({'step': step, **found}), flush=True)


def create():
    admin.create_topics({topic_in: {'num_partitions': 3, 'replication_factor': 1, 'configs': {'retention.ms': '-1'}},
                         topic_out: {'num_partitions': 1, 'replication_factor': 1}})
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_in, {'max.message.bytes': '123456'})])
    value = None
    for _ in range(100):
        found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic_in, {'max.message.bytes': None})],
                                       config_filter='all')
        value = found['topic'][topic_in]['max.message.bytes']['value']
        if value == '123456':
            break
        time.sleep(0.1)
    topic, = admin.describe_topics([topic_in])
    say('create', partitions=len(topic['partitions']), maxMessageBytes=value)


def produce(start, end):
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type='gzip', enable_idempotence=True, linger_ms=5)
    sent = [producer.send(topic_in, str(i).encode(), f'k{i}'.encode(), [('n', str(i).encode())], i % 3, FIRST + i * 1000)
            for i in range(start, end)]
    for each in sent:
        each.get(30)
    producer.close()


def consumer(group_id, isolation='read_uncommitted'):
    return KafkaConsumer(bootstrap_servers=bootstrap, group_id=group_id, auto_offset_reset='earliest',
                         enable_auto_commit=False, isolation_level=isolation)


def read(count):
    member = consumer(group)
    # 3.0.12 joins without waiting for the topic's metadata, and a leader that has none yet when the coordinator is quick
    # assigns nothing and never joins again.
    member.partitions_for_topic(topic_in)
    member.subscribe([topic_in])
    values = set()
    until = time.time() + 60
    while len(values) < count and time.time() < until:
        for records in member.poll(200).values():
            for record in records:
                value = record.value.decode()
                if record.key.decode() == f'k{value}' and dict(record.headers)['n'].decode() == value:
                    values.add(int(value))
    member.commit()
    member.close()
    return sorted(values)


def committed(group_id):
    found = admin.list_group_offsets(group_id)[group_id]
    return [found[p].offset if p in found else -1 for p in partitions]


def seek():
    reader = consumer(None)
    reader.assign(partitions[:1])
    reader.seek(partitions[0], 5)
    record = next(reader)
    at = reader.offsets_for_times({partitions[0]: FIRST + 30_000})[partitions[0]].offset
    reader.close()
    say('seek', offset=record.offset, value=record.value.decode(), atTime=at)


def read_out(isolation):
    reader = consumer(None, isolation)
    only = TopicPartition(topic_out, 0)
    reader.assign([only])
    reader.seek_to_beginning(only)
    end = reader.end_offsets([only])[only]
    values = []
    until = time.time() + 30
    while reader.position(only) < end and time.time() < until:
        for records in reader.poll(200).values():
            values += [record.value.decode() for record in records]
    reader.close()
    return values


def transactions():
    producer = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=f'{topic_out}-id')
    producer.init_transactions()
    for letter, count, offset in [('c', 5, 7), ('a', 5, 9), ('d', 2, None)]:
        producer.begin_transaction()
        for i in range(count):
            producer.send(topic_out, f'{letter}{i}'.encode(), partition=0)
        if offset is not None:
            producer.send_offsets_to_transaction({partitions[0]: OffsetAndMetadata(offset, '', -1)},
                                                 ConsumerGroupMetadata(f'{group}-txn'))
        producer.flush(30)
        if letter == 'a':
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    producer.close()
    say('transactions', committed=read_out('read_committed'), uncommitted=len(read_out('read_uncommitted')),
        groupOffset=committed(f'{group}-txn')[0])


def has_group():
    return any(each['group_id'] == group for each in admin.list_groups())


def groups():
    found = admin.describe_groups([group])[group]
    say('groups', listed=has_group(), state=found['group_state'].lower())


def delete():
    admin.delete_groups([group])
    admin.delete_topics([topic_in, topic_out])
    names = [topic['name'] if isinstance(topic, dict) else topic for topic in admin.list_topics()]
    say('delete', groupLeft=has_group(), topicsLeft=topic_in in names or topic_out in names)


create()
produce(0, 60)
reader = consumer(None)
say('produce', ends=[offset for _, offset in sorted(reader.end_offsets(partitions).items())])
reader.close()
say('consume', values=read(60))
say('commit', committed=committed(group))
produce(60, 63)
say('resume', values=read(3))
seek()
transactions()
groups()
delete()
