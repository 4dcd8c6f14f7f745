import { z } from 'zod'
import { type Foreign, type ForeignFolder, invalid, numbered, textOf } from './foreign.js'
import { type Listing, topOf } from './listing.js'
import { foldersWith } from './prisma.js'

export const JOURNAL = 'meta/_journal.json'
const journal = z.object({
  dialect: z.string().optional(),
  entries: z.array(z.object({ idx: z.number(), tag: z.string() })),
})

/** The files that `meta/_journal.json` names, in its order; in folders without a journal, `<time>_<title>/migration.sql` by name. */
export async function readDrizzle(listing: Listing): Promise<ForeignFolder> {
  if (!listing.files.includes(JOURNAL)) {
    const { migrations, leftOut } = await foldersWith(listing, 'snapshot.json')
    return { migrations: migrations.map((one) => ({ ...one, up: one.up && ended(one.up) })), leftOut }
  }
  const { dialect = 'postgresql', entries } = await readJournal(listing)
  if (dialect !== 'postgresql' && dialect !== 'pg')
    throw invalid(JOURNAL, `is of the dialect "${dialect}": only PostgreSQL can be imported`)
  const files = topOf(listing)
  const migrations: Foreign[] = []
  for (const { tag } of [...entries].sort((a, b) => a.idx - b.idx)) {
    const file = `${tag}.sql`
    // Only what the listing has: a tag may name any path.
    if (!files.includes(file)) throw invalid(JOURNAL, `names ${JSON.stringify(file)}, which is not in the folder`)
    migrations.push({ from: file, ...numbered(tag), up: ended(await textOf(listing, file)), down: undefined })
  }
  const named = new Set(migrations.map(({ from }) => from))
  const leftOut = files
    .filter((file) => !named.has(file))
    .map((file) => ({
      file,
      reason: file.endsWith('.sql') ? `is not in ${JOURNAL}, so that Drizzle does not run it` : 'is not a migration',
    }))
  return { migrations, leftOut }
}

async function readJournal(listing: Listing): Promise<z.output<typeof journal>> {
  try {
    return journal.parse(JSON.parse(await textOf(listing, JOURNAL)))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) throw invalid(JOURNAL, 'is not a journal of Drizzle', error)
    throw error
  }
}

/** What stands between breakpoints is one statement each, with or without its semicolon. */
function ended(text: string): string {
  return text
    .split(/--> statement-breakpoint/)
    .map((part) => part.trimEnd())
    .map((part, i, parts) => (part.endsWith(';') || part.trim() === '' || i === parts.length - 1 ? part : `${part}\n;`))
    .join('\n')
}
