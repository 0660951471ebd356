import { errorTable } from '#core/errors/table.ts'

/** What can go wrong in the connectors room, with what to do about it. */
export const connectErrors = errorTable({
  DATA_INVALID: {
    retry: 'never',
    message: '{problem}',
    hint: 'The converter and the data do not fit: check key.converter, value.converter and their settings.',
  },
  ENCODING_UNKNOWN: {
    retry: 'never',
    message: 'Unsupported encoding {encoding}',
    hint: 'converter.encoding takes UTF-8, UTF-16, UTF-16LE, UTF-16BE, ISO-8859-1 or US-ASCII.',
  },
  CLASS_UNKNOWN: {
    retry: 'never',
    message: 'no {kind} is called "{name}"; known are {known}',
    hint: 'Check the spelling, or name the module that brings it in plugin.path.',
  },
  CONNECTOR_KIND: { retry: 'never', message: 'connector "{name}" is a {kind} and cannot have the setting "{setting}"' },
  SETTING_UNSUPPORTED: {
    retry: 'never',
    message: 'connector "{name}": setting "{setting}" is not supported: {reason}',
    hint: 'Take the setting out, or run this connector on Kafka Connect.',
  },
  TASKS_TOO_MANY: { retry: 'never', message: 'connector "{name}" asked for {count} tasks, tasks.max allows {most}' },
  NAME_TAKEN: {
    retry: 'never',
    message: 'two connectors are called "{name}"',
    hint: 'Offsets are stored by name: give each its own.',
  },
  FILE_UNREADABLE: { retry: 'never', message: 'cannot read "{file}": {problem}' },
  OFFSETS_CORRUPT: {
    retry: 'never',
    message: 'offset storage {where} holds {problem}',
    hint: 'Restore it, or move it away to read every source from its start.',
  },
  OFFSETS_TIMEOUT: {
    retry: 'backoff',
    message: 'offsets were not stored within {ms} ms',
    hint: 'The broker is slow or away; offset.flush.timeout.ms sets the limit.',
  },
  RECORD_REFUSED: { retry: 'never', message: 'a record for topic "{topic}" was not accepted: {problem}' },
  RECORD_FAILED: {
    retry: 'never',
    message: 'record {topic}-{partition}@{offset} failed at {stage}: {problem}',
    hint: 'errors.tolerance=all goes on without it; errors.deadletterqueue.topic.name keeps it.',
  },
  SOURCE_RECORD_FAILED: {
    retry: 'never',
    message: 'a record for topic "{topic}" from {partition} failed at {stage}: {problem}',
    hint: 'errors.tolerance=all goes on without it.',
  },
  TASK_STUCK: {
    retry: 'never',
    message: 'task {task} of "{name}" did not end within {ms} ms',
    hint: 'A task must heed its signal; task.shutdown.graceful.timeout.ms sets the limit.',
  },
})
