/**
 * A file name for each table: what any file system takes, and no two that differ in upper and lower case alone. What else is in a name is written as `%` with
 * two hexadecimal digits for each byte.
 */
export function fileNames(tables: readonly string[], extension: string): ReadonlyMap<string, string> {
  const taken = new Set<string>()
  return new Map(
    tables.map((table) => {
      const safe = [...Buffer.from(table)]
        .map((byte) => (SAFE.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte)))
        .join('')
      // No name that a folder keeps for itself, and none that is hidden.
      const base = safe.startsWith('.') ? `%2e${safe.slice(1)}` : safe
      let name = base
      for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base}~${n}`
      taken.add(name.toLowerCase())
      return [table, `${name}.${extension}`]
    }),
  )
}

const SAFE = /[A-Za-z0-9_.-]/
const hex = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`
