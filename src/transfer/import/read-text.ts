import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { fault, isFault } from '../../kernel/faults.js'
import { NEWLINE, newlinesIn } from '../newlines.js'

const AT_ONCE = 256 * 1024

/** A file of a folder that somebody else has made, as UTF-8. Throws IMPORT_PATH, IMPORT_TEXT. */
export async function* textOf(folder: string, file: string): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
  let line = 1
  for await (const chunk of bytesOf(folder, file)) {
    // The bytes that mean these stand for nothing else in UTF-8.
    const nul = chunk.indexOf(0)
    if (nul !== -1) throw fault('IMPORT_TEXT', { file, line: line + newlinesIn(chunk.subarray(0, nul)), reason: 'there is a U+0000' })
    try {
      yield decoder.decode(chunk, { stream: true })
    } catch (error) {
      if (isFault(error)) throw error
      throw fault('IMPORT_TEXT', { file, line: line + firstBadLine(chunk), reason: 'it is not UTF-8' }, { cause: error })
    }
    line += newlinesIn(chunk)
  }
  try {
    decoder.decode()
  } catch (error) {
    throw fault('IMPORT_TEXT', { file, line, reason: 'it is not UTF-8: its last letter is cut off' }, { cause: error })
  }
}

/** Of no link, and of nothing that is no file; a pipe would keep us waiting. */
export async function* bytesOf(folder: string, file: string): AsyncGenerator<Buffer, void> {
  const handle = await openPlain(folder, file)
  try {
    for (;;) {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(AT_ONCE), 0, AT_ONCE)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

async function openPlain(folder: string, file: string) {
  const path = await pathIn(folder, file)
  const refused = (reason: string) => fault('IMPORT_PATH', { path: file, reason })
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch((error: { code?: string }) => {
    throw refused(error.code === 'ELOOP' ? 'it is a link' : (error.code ?? 'unknown'))
  })
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw refused('it is not a file')
}

/** The path of a file that a manifest names, each part of it looked at. Throws IMPORT_PATH. */
export async function pathIn(folder: string, file: string): Promise<string> {
  const parts = file.split('/')
  const refused = (reason: string) => fault('IMPORT_PATH', { path: file.slice(0, 200), reason })
  if (file.includes('\\') || file.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refused('it does not lie in the folder')
  for (let i = 1; i < parts.length; i++) {
    const found = await lstat(join(folder, ...parts.slice(0, i))).catch(() => undefined)
    if (found === undefined) throw refused('it is not there')
    if (!found.isDirectory()) throw refused('a link, or a file, stands in its way')
  }
  return join(folder, ...parts)
}

/** The first line of a chunk that cannot be read by itself, from 0. Those at its ends may be whole with what is before and after. */
function firstBadLine(chunk: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let [line, begin] = [0, chunk.indexOf(NEWLINE) + 1]
  for (let end = chunk.indexOf(NEWLINE, begin); end !== -1 && begin > 0; end = chunk.indexOf(NEWLINE, begin)) {
    line++
    try {
      decoder.decode(chunk.subarray(begin, end))
    } catch {
      return line
    }
    begin = end + 1
  }
  return 0
}
