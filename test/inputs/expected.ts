import { expect } from 'vitest'
import type { Ran } from '../cli/cli.js'

// Planted wherever a secret can stand; nothing that is printed may hold it.
export const CANARY = 'canary-7d1f-p@ss'
export const canaryUrl = (where: string): string => `postgres://postgres:${encodeURIComponent(CANARY)}@${where}/postgres`

export interface Expected {
  readonly code: string
  readonly exit: number
  readonly cause?: RegExp
  /** A document on stdout instead of two lines on stderr. */
  readonly json?: boolean
}

/** The cause and the remedy in a line each, and nothing else: no stack, no secret. */
export function expectFault(ran: Ran, { code, exit, cause = /./, json = false }: Expected): void {
  if (json) {
    const { remedy, error, ...rest } = JSON.parse(ran.stdout) as Record<string, string>
    expect({ ...rest, stderr: ran.stderr }).toEqual({ status: 'error', code, stderr: '' })
    expect(error).toMatch(cause)
    expect(remedy).toMatch(/./)
  } else {
    const lines = ran.stderr.split('\n')
    expect(ran.stdout).toBe('')
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${code}: `)), expect.stringMatching(/^→ ./), ''])
    expect(lines[0]).toMatch(cause)
  }
  expect(ran.status).toBe(exit)
  expect(ran.stdout + ran.stderr).not.toMatch(/canary|p@ss|p%40ss|\bat .+:\d+:\d+/)
}
