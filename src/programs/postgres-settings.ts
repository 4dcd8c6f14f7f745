import { fault } from '../kernel/faults.js'

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>

/** The file in the data directory that holds what startPostgres was given; postgresql.conf includes it at its end. */
export const OWN_SETTINGS = 'tenantry.conf'

/** The text of a configuration file. Throws SETTING_INVALID for what would not stay one setting on one line. */
export function settingsText(settings: PostgresSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${checkedName(name)} = ${quoted(name, value)}\n`)
    .join('')
}

function checkedName(name: string): string {
  if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) throw fault('SETTING_INVALID', { setting: name, reason: 'not the name of a setting' })
  return name
}

function quoted(name: string, value: string | number | boolean): string {
  const text = typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
  if (/[\r\n\0]/.test(text)) throw fault('SETTING_INVALID', { setting: name, reason: 'a value has one line' })
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
