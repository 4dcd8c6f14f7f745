import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { backupById } from '../../catalog/backups.js'
import { openBackup, READING_FAULTS } from '../../engine/backup/verify.js'
import { operation } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'
import { fault } from '../../kernel/faults.js'
import { checkId } from '../../kernel/identifiers.js'
import { backupId } from './row.js'

export const extractBackup = operation({
  kind: 'direct',
  name: 'backup.extract',
  summary: 'Write what a backup holds into a new folder, decrypted: each table as COPY text, or a dump for pg_restore.',
  effect: 'read',
  input: z.strictObject({ backup: backupId, folder: z.string().min(1).max(1_000).describe('A folder that is not there yet') }),
  output: z.object({ folder: z.string(), files: z.array(z.string()), bytes: z.number() }),
  faults: ['BACKUP_NOT_FOUND', 'ID_INVALID', 'INPUT_INVALID', 'SECRET_MISSING', ...READING_FAULTS],
  // On this machine's disk, in the clear: nothing that a key of the API could ask for.
  access: { roles: [] },
  words: {
    positionals: ['backup', 'folder'],
    says: ({ folder, files, bytes }) =>
      `wrote ${counted(files.length, 'file')}, ${humanBytes(bytes)}, into ${folder}; nothing there is encrypted`,
  },
  async call({ platform, fail }, { backup: id, folder: given }) {
    const backup = await platform.catalog.maybe(backupById(checkId(id, 'backup')))
    if (backup === undefined) throw fail('BACKUP_NOT_FOUND', { backup: id })
    if (backup.state !== 'kept') throw fail('BACKUP_STATE', { backup: id, state: backup.state, wanted: 'one that is kept' })
    const archive = await openBackup(platform, backup)
    const folder = resolve(given)
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      throw fault('INPUT_INVALID', {
        issues: [`folder: ${folder} cannot be made (${error.code ?? 'unknown'}); name one that is not there yet`],
      })
    })
    const files: string[] = []
    let bytes = 0
    for (const [index, { name }] of archive.streams.entries()) {
      const file = fileOf(name, index)
      bytes += await writeOut(join(folder, file), archive.read(name))
      files.push(file)
    }
    await writeFile(join(folder, 'facts.json'), `${JSON.stringify(archive.facts, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 })
    return { folder, files: [...files, 'facts.json'], bytes }
  },
})

/** The names of tables are the application's: what cannot be the name of a file goes by its number, which facts.json gives a meaning. */
function fileOf(stream: string, index: number): string {
  if (stream === 'dump') return 'database.dump'
  if (stream === 'globals') return 'globals.sql'
  return /^[a-z0-9_]+\.[A-Za-z0-9_]{1,100}$/.test(stream) ? `${stream}.copy` : `stream-${index}.copy`
}

async function writeOut(path: string, chunks: AsyncIterable<Buffer>): Promise<number> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  let bytes = 0
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (!file.write(chunk)) await once(file, 'drain')
    }
  } finally {
    file.end()
    await once(file, 'close')
  }
  return bytes
}
