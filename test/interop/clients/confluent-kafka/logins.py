"""Connects with one set of librdkafka's properties after another.

Reads a line of JSON per case, {"name", "config", "token"}, and answers with a line of name, a tab, and "ok" when the brokers were
listed and a record was written, else the name of the first error that librdkafka told of.
"""

import json
import sys

from confluent_kafka import KafkaException, Producer


def attempt(config, token):
    errors = []
    told = []
    config = dict(config)
    config.update({"error_cb": errors.append, "socket.timeout.ms": 4000, "message.timeout.ms": 4000, "log_level": 0})
    if token is not None:
        config["oauth_cb"] = lambda _: (token, 4_000_000_000.0)
    producer = Producer(config)
    try:
        if token is not None:
            producer.poll(0.1)
        producer.list_topics(timeout=3)
        producer.produce("logins", b"x", on_delivery=lambda error, _: told.append(error))
        producer.flush(5)
        return "ok" if told == [None] else "not delivered"
    except KafkaException as error:
        producer.poll(0.1)
        known = [each.name() for each in errors if each.name() in ("_AUTHENTICATION", "_SSL")]
        return known[0] if known else error.args[0].name()


for line in sys.stdin:
    case = json.loads(line)
    print(case["name"] + "\t" + attempt(case["config"], case.get("token")), flush=True)
