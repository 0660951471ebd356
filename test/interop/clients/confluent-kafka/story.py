"""The story that every client tells (see clients.ts), with librdkafka through confluent-kafka: BOOTSTRAP PREFIX [name=value ...]"""
import json
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, OffsetSpec,
                                   ResourceType)

FIRST = 1_700_000_000_000
bootstrap, prefix = sys.argv[1:3]
settings = dict(pair.split('=', 1) for pair in sys.argv[3:])
topic_in, topic_out, group = f'{prefix}-in', f'{prefix}-out', f'{prefix}-group'
admin = AdminClient({'bootstrap.servers': bootstrap})


def say(step, **found):
    print(json.dumps({'step': step, **found}), flush=True)


def done(futures):
    return {key: future.result() for key, future in futures.items()}


def create():
    done(admin.create_topics([NewTopic(topic_in, 3, 1, config={'retention.ms': '-1'}), NewTopic(topic_out, 1, 1)]))
    entry = ConfigEntry('max.message.bytes', '123456', incremental_operation=AlterConfigOpType.SET)
    done(admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, topic_in, incremental_configs=[entry])]))
    found = None
    for _ in range(100):
        found, = done(admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic_in)])).values()
        if found['max.message.bytes'].value == '123456':
            break
        time.sleep(0.05)
    partitions = len(admin.list_topics(topic_in, timeout=10).topics[topic_in].partitions)
    say('create', partitions=partitions, maxMessageBytes=found['max.message.bytes'].value)


def produce(start, end):
    producer = Producer({'bootstrap.servers': bootstrap, 'compression.type': 'lz4', 'enable.idempotence': True})
    errors = []
    for i in range(start, end):
        producer.produce(topic_in, value=str(i), key=f'k{i}', partition=i % 3, timestamp=FIRST + i * 1000,
                         headers={'n': str(i)}, on_delivery=lambda error, _: error and errors.append(error))
    producer.flush(30)
    if errors:
        raise RuntimeError(errors[0])


def consumer(group_id, isolation='read_uncommitted'):
    return Consumer({'bootstrap.servers': bootstrap, 'group.id': group_id, 'auto.offset.reset': 'earliest',
                     'enable.auto.commit': False, 'isolation.level': isolation, 'enable.partition.eof': False, **settings})


def read(count):
    member = consumer(group)
    member.subscribe([topic_in])
    values = set()
    until = time.time() + 60
    while len(values) < count and time.time() < until:
        message = member.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise RuntimeError(message.error())
        value = message.value().decode()
        if message.key().decode() == f'k{value}' and dict(message.headers())['n'].decode() == value:
            values.add(int(value))
    member.commit(asynchronous=False)
    member.close()
    return sorted(values)


def ends():
    futures = admin.list_offsets({TopicPartition(topic_in, p): OffsetSpec.latest() for p in range(3)})
    return [found.offset for _, found in sorted(done(futures).items(), key=lambda each: each[0].partition)]


def committed(group_id):
    found, = done(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group_id)])).values()
    offsets = {each.partition: each.offset for each in found.topic_partitions}
    return [offsets.get(p, -1) for p in range(3)]


def seek():
    reader = consumer(f'{group}-seek')
    reader.assign([TopicPartition(topic_in, 0, 5)])
    message = None
    while message is None:
        message = reader.poll(0.2)
    at, = reader.offsets_for_times([TopicPartition(topic_in, 0, FIRST + 30_000)], timeout=10)
    reader.close()
    say('seek', offset=message.offset(), value=message.value().decode(), atTime=at.offset)


def read_out(isolation):
    reader = consumer(f'{group}-out', isolation)
    reader.assign([TopicPartition(topic_out, 0, 0)])
    values = []
    _, end = reader.get_watermark_offsets(TopicPartition(topic_out, 0), timeout=10)
    until = time.time() + 30
    while time.time() < until:
        message = reader.poll(0.2)
        position = reader.position([TopicPartition(topic_out, 0)])[0].offset
        if message is not None:
            values.append(message.value().decode())
        elif position >= end or (values and isolation == 'read_committed'):
            break
    reader.close()
    return values


def transactions():
    producer = Producer({'bootstrap.servers': bootstrap, 'transactional.id': f'{topic_out}-id'})
    member = consumer(f'{group}-txn')
    member.subscribe([topic_in])
    while not member.assignment():
        member.poll(0.2)
    producer.init_transactions(30)
    for letter, count, offset in [('c', 5, 7), ('a', 5, 9), ('d', 2, None)]:
        producer.begin_transaction()
        for i in range(count):
            producer.produce(topic_out, value=f'{letter}{i}', partition=0)
        if offset is not None:
            producer.send_offsets_to_transaction([TopicPartition(topic_in, 0, offset)], member.consumer_group_metadata(), 30)
        producer.flush(30)
        if letter == 'a':
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)
    member.close()
    say('transactions', committed=read_out('read_committed'), uncommitted=len(read_out('read_uncommitted')),
        groupOffset=committed(f'{group}-txn')[0])


def groups():
    listed = next(each for each in admin.list_consumer_groups().result().valid if each.group_id == group)
    found, = done(admin.describe_consumer_groups([group])).values()
    say('groups', listed=True, state=found.state.name.lower(), type=listed.type.name.lower())


def delete():
    done(admin.delete_consumer_groups([group]))
    done(admin.delete_topics([topic_in, topic_out]))
    left = any(each.group_id == group for each in admin.list_consumer_groups().result().valid)
    names = admin.list_topics(timeout=10).topics
    say('delete', groupLeft=left, topicsLeft=topic_in in names or topic_out in names)


create()
produce(0, 60)
say('produce', ends=ends())
say('consume', values=read(60))
say('commit', committed=committed(group))
produce(60, 63)
say('resume', values=read(3))
seek()
transactions()
groups()
delete()
