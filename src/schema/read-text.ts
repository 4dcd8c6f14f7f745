import { readFile, stat } from 'node:fs/promises'
import { type Fault, isFault } from '../kernel/faults.js'

// The parser and its tree take tens of times the size of the text.
const LARGEST = 10_485_760

/** A file of SQL or of a program, with LF line ends and no BOM. Throws what `invalid` makes of the reason when it cannot be read, or is no such text. */
export async function readText(path: string, invalid: (reason: string, cause?: unknown) => Fault, insteadOfLarge: string): Promise<string> {
  const bytes = await stat(path)
    .then((found) => {
      if (!found.isFile()) throw invalid('is not a file')
      if (found.size > LARGEST) throw invalid(`is larger than ${LARGEST} bytes; ${insteadOfLarge}`)
      return readFile(path)
    })
    .catch((error: NodeJS.ErrnoException) => {
      throw isFault(error) ? error : invalid(`cannot be read (${error.code ?? 'unknown'})`, error)
    })
  let text: string
  try {
    // Fatal: letters of another encoding would become replacement characters, in the tables of every tenant.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n')
  } catch (error) {
    throw invalid('is not UTF-8', error)
  }
  if (text.includes('\0')) throw invalid('contains a NUL character')
  return text
}
