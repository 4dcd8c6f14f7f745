import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { ROOT, readText } from './sources.js'

/** Compares with a file of the repository, byte for byte. UPDATE_SNAPSHOTS=1 writes it instead. */
export function expectCommitted(path: string, text: string): void {
  if (process.env.UPDATE_SNAPSHOTS === '1') {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
    return
  }
  expect(
    text,
    `${path} is not what the sources say: run UPDATE_SNAPSHOTS=1 npx vitest run test/house, read the difference and commit it`,
  ).toBe(readIfThere(path))
}

function readIfThere(path: string): string {
  try {
    return readText(path)
  } catch {
    return ''
  }
}
