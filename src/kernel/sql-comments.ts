/** Where a comment of SQL that begins at `start` is over: `--` at the end of the line, and those between slash and star, which nest. */
export function afterComment(text: string, start: number): number {
  if (text.startsWith('--', start)) {
    const end = text.slice(start).search(/[\n\r]/)
    return end < 0 ? text.length : start + end
  }
  let depth = 0
  let at = start
  while (at < text.length) {
    if (text.startsWith('/*', at)) {
      depth++
      at += 2
    } else if (text.startsWith('*/', at)) {
      depth--
      at += 2
      if (depth === 0) return at
    } else at++
  }
  return text.length
}

export const beginsComment = (text: string, at: number): boolean => text.startsWith('--', at) || text.startsWith('/*', at)
