export interface Sight {
  /** How far it is scrolled, and how high the frame is, in pixels. */
  readonly top: number
  readonly height: number
  readonly rows: number
  readonly rowPx: number
  /** Rows beyond either edge that are there all the same. */
  readonly over: number
  /** The row in focus: it is to be there, so that the focus is not lost. */
  readonly keep?: number | undefined
}

// Below this all rows are there: nothing is gained by leaving some out, and the browser's own search finds them.
const ALL = 150

/** The rows that are to be there: from the first, to before the last. */
export function windowOf({ top, height, rows, rowPx, over, keep }: Sight): { readonly from: number; readonly to: number } {
  if (rows <= ALL) return { from: 0, to: rows }
  const first = Math.max(0, Math.floor(top / rowPx) - over)
  const last = Math.min(rows, Math.ceil((top + Math.max(height, rowPx * 30)) / rowPx) + over)
  // Only one that is near: a stretch to one far away would be all rows again.
  const near = keep !== undefined && keep >= first - ALL && keep < last + ALL
  return { from: near ? Math.min(first, keep) : Math.min(first, rows), to: near ? Math.max(last, keep + 1) : last }
}
