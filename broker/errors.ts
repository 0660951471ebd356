import { errorTable } from '#core/errors/table.ts'

/** What can keep a broker from starting or serving, with what to do about it. */
export const brokerErrors = errorTable({
  DATA_DIRECTORY_FOREIGN: {
    retry: 'never',
    message: 'directory "{directory}" is not empty and holds no meta.properties',
    hint: 'Name an empty directory, one that does not exist yet, or one that a broker has written.',
  },
  DATA_DIRECTORY_UNUSABLE: {
    retry: 'never',
    message: 'data directory "{directory}" cannot be used: {problem}',
    hint: 'Name a directory that this user may make and write to.',
  },
  ONE_DIRECTORY: {
    retry: 'never',
    message: 'log.dirs names {directories}; a broker keeps its data in exactly one directory',
    hint: 'Name one directory with --data or log.dirs.',
  },
  META_PROPERTIES_INVALID: {
    retry: 'never',
    message: 'file "{file}": {problem}',
    hint: 'The file names the cluster, node and directory. Restore it from a copy, or start with another data directory.',
  },
  NODE_ID_DIFFERS: {
    retry: 'never',
    message: 'data directory "{directory}" belongs to node {stored}, node.id says {configured}',
    hint: 'Set node.id to the number in meta.properties, or use another directory.',
  },
  METADATA_CORRUPT: {
    retry: 'never',
    message: 'metadata log in "{directory}": {problem}',
    hint: 'Look at the file with kafka-dump-log --cluster-metadata-decoder; restore the directory from a copy if it is damaged.',
  },
  FEATURE_UNSUPPORTED: {
    retry: 'never',
    message: 'feature "{feature}" is finalized at level {level}; this broker supports {supported}',
    hint: 'The directory was written by a newer broker or with features that are not built yet: start it with Apache Kafka.',
  },
  SNAPSHOT_MISSING: {
    retry: 'never',
    message: 'metadata log in "{directory}" begins at offset {start} and no snapshot reaches it',
    hint: 'Restore the .checkpoint files of __cluster_metadata-0 from a copy.',
  },
  LISTENER_OPEN: {
    retry: 'never',
    message: 'listener "{listener}" can be reached from other machines, and nobody has to prove who he is there',
    hint:
      'Bind to 127.0.0.1, choose SASL_SSL, or SSL with ssl.client.auth=required (listener.security.protocol.map), or accept ' +
      'the risk with --set millrace.allow.unauthenticated=true.',
  },
  LISTENER_UNAVAILABLE: {
    retry: 'backoff',
    message: 'address {host}:{port} cannot be bound: {problem}',
    hint: 'Another process may listen there. Choose another port, or 0 for a free one.',
  },
  OPTION_WORD: {
    retry: 'never',
    message: '{option} is "{given}"; it takes one of {words}',
    hint: '`millrace broker --help` lists the options.',
  },
  PORT_INVALID: {
    retry: 'never',
    message: 'port "{port}" is not a whole number from 0 to 65535',
    hint: 'Give a port such as 9092, or 0 for a free one.',
  },
  CONFIG_FILE: {
    retry: 'never',
    message: 'file "{file}" cannot be read: {problem}',
    hint: 'Name a file of settings in the form of server.properties.',
  },
  SETTING_FORM: {
    retry: 'never',
    message: '"{text}" is not a setting',
    hint: 'Give settings as --set name=value.',
  },
  NOT_A_BROKER_DIRECTORY: {
    retry: 'never',
    message: 'directory "{directory}" holds no meta.properties: no broker has written it',
    hint: 'Name the directory that `millrace broker --data` was given.',
  },
  NOT_STOPPED_CLEANLY: {
    retry: 'never',
    message: 'data directory "{directory}" was not stopped cleanly',
    hint: 'Stop its broker with SIGTERM; after a crash start it once more first, which repairs the logs. Then leave again.',
  },
})
