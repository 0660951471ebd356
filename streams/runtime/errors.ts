import { errorTable } from '#core/errors/table.ts'

export const runtimeErrors = errorTable({
  SOURCE_TOPIC_MISSING: {
    retry: 'backoff',
    message: 'application "{application}" reads topic "{topic}", which does not exist',
    hint: 'Create it before the application starts: only internal topics are created automatically.',
  },
  SINK_TOPIC_MISSING: {
    retry: 'never',
    message: 'the partition count of topic "{topic}" is not known',
    hint: 'Windowed keys and custom partitioners need topics that exist when the application starts.',
  },
  COPARTITION: {
    retry: 'never',
    message: 'topics {topics} are joined and must have as many partitions as each other, they have {counts}',
    hint: 'Give them equal partition counts, or repartition one of them.',
  },
  INTERNAL_TOPIC_PARTITIONS: {
    retry: 'never',
    message: 'internal topic "{topic}" has {actual} partitions and needs {expected}',
    hint: 'The partition count of an input has changed: state is keyed by it. Reset the application, or use a new application.id.',
  },
  APPLICATION_STATE: {
    retry: 'never',
    message: 'application "{application}" is {state}: it cannot {action}',
  },
  MODULE_INVALID: {
    retry: 'never',
    message: 'module "{module}": {problem}',
    hint: 'Its default export must be a topology, a StreamsBuilder, or a function that makes one.',
  },
  SETTING_INVALID: {
    retry: 'never',
    message: 'setting "{setting}" is not of the form key=value',
  },
})
