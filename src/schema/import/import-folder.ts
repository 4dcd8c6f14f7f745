import { type Converted, convert } from './convert.js'
import { type Format, invalid, isProgram, type LeftOut, shown } from './foreign.js'
import { formatOf, readForeign } from './formats.js'
import { listFolder } from './listing.js'
import { nameAll } from './versions.js'
import { refuseTaken } from './write.js'

export interface ImportOptions {
  /** Whose folder it is. Undefined: it is looked at. */
  readonly format: Format | undefined
  /** Where the files are to be written. */
  readonly target: string
  /** The target as messages name it. */
  readonly label: string
  readonly tenantColumn: string | null
  /** `yyyymmddhhmmss`: what is written from now on is newer than what is imported. */
  readonly now: string
}

export interface Imported {
  readonly format: Format
  readonly rule: string
  readonly files: readonly Converted[]
  readonly leftOut: readonly (LeftOut & { readonly place?: string | undefined })[]
  readonly extensions: readonly string[]
  /** What the target held before. */
  readonly there: readonly string[]
}

/** Reads a folder of another tool and puts it into our form, in memory. Throws IMPORT_INVALID. */
export async function importFolder(folder: string, { format: asked, target, label, tenantColumn, now }: ImportOptions): Promise<Imported> {
  const listing = await listFolder(folder)
  const format = asked ?? formatOf(folder, listing)
  const read = await readForeign(folder, listing, format)
  const { named, rule } = nameAll(read.migrations, now)
  const files: Converted[] = []
  const extensions = new Set<string>()
  const leftOut: Imported['leftOut'][number][] = read.leftOut.map(({ file, reason }) => ({ file: shown(file), reason }))
  for (const one of named) {
    const { from, up } = one.foreign
    if (up === undefined) {
      const reason = isProgram(from) ? 'is a program: write what it does as SQL' : 'cannot be converted'
      leftOut.push({ file: shown(from), reason, place: `${label}/${one.name}` })
      continue
    }
    const converted = await convert(one, { format, label, tenantColumn })
    for (const name of converted.extensions) extensions.add(name)
    if (converted.empty) leftOut.push({ file: shown(from), reason: emptyReason(converted) })
    else files.push(converted)
  }
  if (files.length === 0 && leftOut.length === 0) throw invalid(folder, `holds no migration of ${format}`)
  return { format, rule, files, leftOut, extensions: [...extensions], there: await refuseTaken(target, files) }
}

const emptyReason = ({ mended }: Converted): string =>
  mended.length === 0 ? 'holds no statement' : `holds nothing else: ${mended.map(({ says }) => says).join('; ')}`
