"""The story that every client tells (see clients.ts), with aiokafka: BOOTSTRAP PREFIX. It cannot delete groups."""
import asyncio
import json
import sys
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

FIRST = 1_700_000_000_000
bootstrap, prefix = sys.argv[1:3]
topic_in, topic_out, group = f'{prefix}-in', f'{prefix}-out', f'{prefix}-group'
partitions = [TopicPartition(topic_in, p) for p in range(3)]


def say(step, **found):
    print(json.dumps({'step': step, **found}), flush=True)


async def create(admin):
    await admin.create_topics([NewTopic(topic_in, 3, 1, topic_configs={'retention.ms': '-1'}), NewTopic(topic_out, 1, 1)])
    changed = {'retention.ms': '-1', 'max.message.bytes': '123456'}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_in, configs=changed)])
    value = None
    for _ in range(100):
        response, = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic_in)])
        entries = response.resources[0][4]
        value = next(entry[1] for entry in entries if entry[0] == 'max.message.bytes')
        if value == '123456':
            break
        await asyncio.sleep(0.1)
    topic, = await admin.describe_topics([topic_in])
    say('create', partitions=len(topic['partitions']), maxMessageBytes=value)


async def produce(start, end):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, compression_type='gzip', enable_idempotence=True)
    await producer.start()
    sent = [await producer.send(topic_in, str(i).encode(), f'k{i}'.encode(), i % 3, FIRST + i * 1000, [('n', str(i).encode())])
            for i in range(start, end)]
    await asyncio.gather(*sent)
    await producer.stop()


def consumer(group_id, isolation='read_uncommitted'):
    return AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group_id, auto_offset_reset='earliest',
                            enable_auto_commit=False, isolation_level=isolation)


async def read(count):
    member = consumer(group)
    member.subscribe([topic_in])
    await member.start()
    values = set()
    until = time.time() + 60
    while len(values) < count and time.time() < until:
        for records in (await member.getmany(timeout_ms=200)).values():
            for record in records:
                value = record.value.decode()
                if record.key.decode() == f'k{value}' and dict(record.headers)['n'].decode() == value:
                    values.add(int(value))
    await member.commit()
    await member.stop()
    return sorted(values)


async def committed(admin, group_id):
    found = await admin.list_consumer_group_offsets(group_id)
    return [found[p].offset if p in found else -1 for p in partitions]


async def seek():
    reader = consumer(None)
    reader.assign(partitions[:1])
    await reader.start()
    reader.seek(partitions[0], 5)
    record = await reader.getone()
    at = (await reader.offsets_for_times({partitions[0]: FIRST + 30_000}))[partitions[0]].offset
    await reader.stop()
    say('seek', offset=record.offset, value=record.value.decode(), atTime=at)


async def read_out(isolation):
    only = TopicPartition(topic_out, 0)
    reader = consumer(None, isolation)
    reader.assign([only])
    await reader.start()
    await reader.seek_to_beginning(only)
    end = (await reader.end_offsets([only]))[only]
    values = []
    until = time.time() + 30
    while await reader.position(only) < end and time.time() < until:
        for records in (await reader.getmany(timeout_ms=200)).values():
            values += [record.value.decode() for record in records]
    await reader.stop()
    return values


async def transactions(admin):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f'{topic_out}-id')
    await producer.start()
    for letter, count, offset in [('c', 5, 7), ('a', 5, 9), ('d', 2, None)]:
        await producer.begin_transaction()
        for i in range(count):
            await producer.send(topic_out, f'{letter}{i}'.encode(), partition=0)
        if offset is not None:
            await producer.send_offsets_to_transaction({partitions[0]: offset}, f'{group}-txn')
        await producer.flush()
        if letter == 'a':
            await producer.abort_transaction()
        else:
            await producer.commit_transaction()
    await producer.stop()
    say('transactions', committed=await read_out('read_committed'), uncommitted=len(await read_out('read_uncommitted')),
        groupOffset=(await committed(admin, f'{group}-txn'))[0])


async def groups(admin):
    listed = any(each[0] == group for each in await admin.list_consumer_groups())
    response, = await admin.describe_consumer_groups([group])
    say('groups', listed=listed, state=response.groups[0][2].lower())


async def delete(admin):
    await admin.delete_topics([topic_in, topic_out])
    names = await admin.list_topics()
    say('delete', topicsLeft=topic_in in names or topic_out in names)


async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await create(admin)
    await produce(0, 60)
    reader = consumer(None)
    await reader.start()
    say('produce', ends=[offset for _, offset in sorted((await reader.end_offsets(partitions)).items())])
    await reader.stop()
    say('consume', values=await read(60))
    say('commit', committed=await committed(admin, group))
    await produce(60, 63)
    say('resume', values=await read(3))
    await seek()
    await transactions(admin)
    await groups(admin)
    await delete(admin)
    await admin.close()


asyncio.run(main())
