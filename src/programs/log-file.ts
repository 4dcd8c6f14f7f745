import { type FileHandle, open, readFile, stat, truncate } from 'node:fs/promises'

const LONGEST_BYTES = 10_000_000

/** Opens a program's log for appending, readable by us alone. A log that has grown beyond 10 MB starts anew. */
export async function openLog(path: string): Promise<FileHandle> {
  if ((await sizeOf(path)) > LONGEST_BYTES) await truncate(path)
  return open(path, 'a', 0o600)
}

/** What was written to the log after its first `start` bytes. */
export async function readLog(path: string, start = 0): Promise<string> {
  return (await readFile(path)).subarray(start).toString('utf8')
}

/** Bytes of a file; 0 when it does not exist. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** The line of a log that says why a program gave up: the last one of a severe kind, or the last one at all. */
export function reasonIn(log: string): string {
  const lines = log.trim().split('\n')
  return lines.findLast((line) => /\b(FATAL|PANIC|ERROR)\b/.test(line)) ?? lines.at(-1) ?? ''
}
