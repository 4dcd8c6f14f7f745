// Readable by YAML 1.1 and 1.2 alike: whatever could be anything but a string there is quoted, and a quoted string is a JSON string.
const PLAIN = /^[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*$/
const RESERVED = /^(true|false|yes|no|on|off|y|n|null|nan|inf)$/i

/** Plain data as YAML. */
export function renderYaml(value: unknown): string {
  return `${block(value, '').replace(/^\n/, '')}\n`
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []'
    return value.map((item) => `\n${indent}-${nested(item) ? ` ${block(item, `${indent}  `).trimStart()}` : block(item, indent)}`).join('')
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    if (entries.length === 0) return ' {}'
    return entries.map(([key, inner]) => `\n${indent}${scalar(key)}:${block(inner, nested(inner) ? `${indent}  ` : indent)}`).join('')
  }
  return ` ${scalar(value)}`
}

const nested = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length > 0

function scalar(value: unknown): string {
  if (typeof value !== 'string') return value === undefined ? 'null' : JSON.stringify(value)
  return PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value)
}
