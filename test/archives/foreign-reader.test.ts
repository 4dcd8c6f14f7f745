import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FRAME_BYTES } from '../../src/transfer/archive/format.js'
import { ARCHIVE, makeArchive, rows, TENANT } from './made.js'

const CONTENTS = {
  'home.orders': rows(2 * FRAME_BYTES + 1_234),
  'home.empty': Buffer.alloc(0),
  'platform.wörter "und" mehr': Buffer.from('\u0001\tä\t\\N\n'),
}
const FACTS = { rows: { 'home.orders': '12' }, at: '2026-01-01' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-'))
  const page = await readFile(new URL('../../docs/archive-format.md', import.meta.url), 'utf8')
  const [, program] = /\n```js\n([\s\S]*?)\n```\n/.exec(page)!
  await writeFile(join(folder, 'reader.mjs'), program!)
})
afterAll(() => rm(folder, { recursive: true }))

describe('the reader of docs/archive-format.md, which shares no code with ours', () => {
  test.each([
    ['encrypted', true, 'gzip'],
    ['not encrypted', false, 'gzip'],
    ['encrypted and not compressed', true, 'none'],
  ] as const)('reads an archive that is %s', async (kind, encrypted, compression) => {
    const made = await makeArchive({ encrypted, compression, contents: CONTENTS, facts: FACTS, lanes: 2 })
    for (const [key, bytes] of made.store.objects) {
      const path = join(folder, kind, key)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    }
    const read = async (key: string | undefined, ...stream: readonly string[]): Promise<Buffer> => {
      const place = join(folder, kind, 'tenants', TENANT, ARCHIVE)
      const options = { env: { DATA_KEY: key ?? '' }, encoding: 'buffer', maxBuffer: 1 << 26 } as const
      return (await promisify(execFile)(process.execPath, [join(folder, 'reader.mjs'), place, ...stream], options)).stdout
    }
    const key = made.key?.key.toString('hex')
    expect(JSON.parse((await read(key)).toString())).toEqual({ streams: Object.keys(CONTENTS), facts: FACTS })
    for (const [name, bytes] of Object.entries(CONTENTS)) expect((await read(key, name)).equals(bytes)).toBe(true)
    const wrong = await read('00'.repeat(32)).catch((error: { stderr: Buffer }) => error.stderr)
    expect(wrong.includes('wrong key')).toBe(encrypted)
  })
})
