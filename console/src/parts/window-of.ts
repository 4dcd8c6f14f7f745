export interface Sight {
  /** How far it is scrolled, and how high the frame is, in pixels. */
  readonly top: number
  readonly height: number
  readonly rows: number
  readonly rowPx: number
  /** Rows beyond either edge that are there all the same. */
  readonly over: number
  /** The row in focus: it is there wherever it is, or the focus would be lost, and with it the place that is scrolled to. */
  readonly keep?: number | undefined
}

/** Rows that follow one another: from the first, to before the last. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

// Below this all rows are there: nothing is gained by leaving some out, and the browser's own search finds them.
const ALL = 150

/** The rows that are to be there: those in sight, and the one in focus where it is not among them. */
export function windowOf({ top, height, rows, rowPx, over, keep }: Sight): { readonly sight: Stretch; readonly all: readonly Stretch[] } {
  const sight = inSight({ top, height, rows, rowPx, over })
  if (keep === undefined || keep >= rows || (keep >= sight.from && keep < sight.to)) return { sight, all: [sight] }
  const kept = { from: keep, to: keep + 1 }
  return { sight, all: keep < sight.from ? [kept, sight] : [sight, kept] }
}

function inSight({ top, height, rows, rowPx, over }: Sight): Stretch {
  if (rows <= ALL) return { from: 0, to: rows }
  const first = Math.max(0, Math.floor(top / rowPx) - over)
  const last = Math.min(rows, Math.ceil((top + Math.max(height, rowPx * 30)) / rowPx) + over)
  return { from: Math.min(first, rows), to: last }
}
