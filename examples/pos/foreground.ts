import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * Lines that somebody types, while we are what the terminal is about. A process in the background that reads from its terminal is stopped by the kernel, so
 * there we do not listen: neither after `npm start &` nor after Ctrl-Z and `bg`.
 */
export function onTypedLines(take: (line: string) => void): { readonly listening: boolean; readonly close: () => void } {
  if (!process.stdin.isTTY || !inForeground()) return { listening: false, close: () => {} }
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => take(line.trim()))
  const onContinued = () => (inForeground() ? process.stdin.resume() : process.stdin.pause())
  process.on('SIGCONT', onContinued)
  const close = () => {
    process.off('SIGCONT', onContinued)
    lines.close()
  }
  return { listening: true, close }
}

/** Whether the terminal's foreground is our group of processes; false where the kernel does not tell. */
function inForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // Fields from the third on; the name before them may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[2] === fields[5]
  } catch {
    return false
  }
}
