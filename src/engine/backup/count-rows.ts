import { fault } from '../../kernel/faults.js'
import type { TenantFingerprint } from '../../transfer/model.js'
import { newlinesIn } from '../../transfer/newlines.js'

/** Passes rows in COPY's text format on, and counts them: a newline ends a row, and is nothing else there. `atEnd` may refuse what came. */
export async function* countRowsIn(
  rows: AsyncIterable<Buffer>,
  onRows: (more: number) => void,
  atEnd: (rows: number) => void,
): AsyncGenerator<Buffer, void> {
  let all = 0
  for await (const chunk of rows) {
    const more = newlinesIn(chunk)
    all += more
    onRows(more)
    yield chunk
  }
  atEnd(all)
}

/** Rows on their way into an archive. Two ways of asking one snapshot: whatever makes them differ, this is no backup. Throws BACKUP_MISCOUNT. */
export const countedStream = (
  rows: AsyncIterable<Buffer>,
  of: string,
  stream: string,
  { tables }: TenantFingerprint,
  onRows: (more: number) => void,
): AsyncGenerator<Buffer, void> =>
  countRowsIn(rows, onRows, (found) => {
    const wanted = tables[stream]?.rows ?? '0'
    if (String(found) !== wanted) throw fault('BACKUP_MISCOUNT', { of, stream, found: String(found), wanted })
  })
