import type { ConfigDefinition, Setting, SettingOptions, Settings } from '../../core/config/define.ts'

type Declared = Setting<unknown, SettingOptions<unknown>>

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function defaultOf(setting: Declared): string {
  const { options } = setting
  if (options.required && options.default === undefined) return 'required'
  return options.default === undefined || setting.print(options.default) === ''
    ? ''
    : `\`${setting.print(options.default)}\``
}

/** The Markdown table of declared settings: the reference, which is never written by hand. */
export function settingsTable(definition: ConfigDefinition<Settings>): string {
  const rows = (Object.entries(definition.settings) as [string, Declared][]).map(
    ([name, each]) => `| \`${name}\` | ${each.type} | ${cell(defaultOf(each))} | ${cell(each.options.doc)} |`,
  )
  return ['| setting | type | default | |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
