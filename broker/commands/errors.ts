import { errorTable } from '#core/errors/table.ts'

/** What can be wrong with a command that talks to a cluster. */
export const commandErrors = errorTable({
  TOPIC_UNKNOWN: {
    retry: 'never',
    message: 'there is no topic "{topic}"',
    hint: '`millrace topics list` shows what there is.',
  },
  GROUP_UNKNOWN: {
    retry: 'never',
    message: 'there is no group "{group}"',
    hint: '`millrace groups list` shows what there is.',
  },
  GROUP_ACTIVE: {
    retry: 'never',
    message:
      'group "{group}" has {members} members and state {state}: its offsets can only be changed while it is empty',
    hint: 'Stop its members first.',
  },
  OPTION_INVALID: { retry: 'never', message: '{option} "{value}" is not {wanted}' },
  OPTION_MISSING: { retry: 'never', message: '{command} needs {options}' },
  OPTIONS_TOGETHER: { retry: 'never', message: '{options} exclude each other' },
  LINE_INVALID: {
    retry: 'never',
    message: 'line {line} was not sent: {problem}',
    hint: 'The lines before it were sent.',
  },
  RECORDS_REFUSED: { retry: 'never', message: '{failed} of {sent} records were not accepted; the first: {problem}' },
  FILE_UNREADABLE: { retry: 'never', message: 'cannot read {file}: {problem}' },
  LOG_FILE_UNKNOWN: {
    retry: 'never',
    message: '{file} is no file of a log',
    hint: 'Files that can be dumped end in .log, .index, .timeindex, .txnindex or .snapshot.',
  },
})
