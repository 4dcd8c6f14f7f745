import { byName, type Foreign, type ForeignFolder, isProgram, type LeftOut, numbered, textOf } from './foreign.js'
import { type Listing, topOf } from './listing.js'

export const NODE_PG_NAME = /^\d+[_-].*\.(sql|[cm]?[jt]s)$/s
const UP = /^\s*--[\s-]*up\s+migration/im
const DOWN = /^\s*--[\s-]*down\s+migration/im

/** `<milliseconds>_title.sql` with its two sections, ordered by the moment in the name. Its JavaScript and TypeScript ones are programs. */
export async function readNodePgMigrate(listing: Listing): Promise<ForeignFolder> {
  const leftOut: LeftOut[] = []
  const files = topOf(listing).filter((file) => {
    if (NODE_PG_NAME.test(file) && !file.endsWith('.d.ts')) return true
    leftOut.push({ file, reason: 'is not named <number>_<title>.sql' })
    return false
  })
  const migrations: Foreign[] = []
  for (const file of files.sort((a, b) => momentOf(a) - momentOf(b) || byName(a, b))) {
    const { digits, title } = numbered(file.replace(/\.[^.]+$/, ''))
    // Of `yyyymmddhhmmssmmm` the seconds are kept: our own versions have as many digits.
    const kept = digits?.length === 17 ? digits.slice(0, 14) : digits
    const sections = isProgram(file) ? { up: undefined, down: undefined } : split(await textOf(listing, file))
    migrations.push({ from: file, digits: kept, title, ...sections })
  }
  return { migrations, leftOut }
}

/** The sections in either order; a file with no mark is all up. The mark stays, as a comment. */
function split(text: string): { up: string; down: string | undefined } {
  const [up, down] = [UP.exec(text)?.index ?? 0, DOWN.exec(text)?.index]
  if (down === undefined) return { up: text, down: undefined }
  return up <= down ? { up: text.slice(0, down), down: text.slice(down) } : { up: text.slice(up), down: text.slice(down, up) }
}

/** Thirteen digits are milliseconds, seventeen a date and time to the millisecond; any other number stands for itself. */
function momentOf(file: string): number {
  const digits = /^\d+/.exec(file)![0]
  if (digits.length !== 17) return Number(digits)
  const [year, month, day, hour, minute, second, milli] = [4, 2, 2, 2, 2, 2, 3].map((width, i, widths) => {
    const at = widths.slice(0, i).reduce((sum, one) => sum + one, 0)
    return Number(digits.slice(at, at + width))
  })
  return Date.UTC(year!, month! - 1, day, hour, minute, second, milli)
}
