import { expect, test } from 'vitest'
import { OPERATION_STATES, type Operation } from '../../src/catalog/operations.js'
import type { AnyOperation } from '../../src/engine/operation.js'
import { LIFE, nextOf, type OperationEvent } from '../../src/engine/operation-life.js'
import type { Platform } from '../../src/engine/platform.js'
import { OPERATIONS } from '../../src/operations/registry.js'

const EVENTS: readonly OperationEvent[] = ['pause', 'resume', 'retry', 'skip', 'cancel']
const find = (name: string): AnyOperation | undefined => OPERATIONS.find((one) => one.name === name)
const next = (name: string, state: string, event: OperationEvent, code = 'FLEET_PARTIAL'): string => {
  const found = { id: 'x', name, state, fault: state === 'failed' ? { code, facts: {}, message: '' } : null } as unknown as Operation
  try {
    return nextOf({ find } as unknown as Platform, found, event)
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('every state has an answer to every event', () => {
  expect(Object.keys(LIFE).sort()).toEqual([...OPERATION_STATES].sort())
  for (const state of OPERATION_STATES) expect(Object.keys(LIFE[state]).sort()).toEqual([...EVENTS].sort())
})

test('what takes things back can neither pause nor be gone on with, and is retried from its beginning', () => {
  for (const state of OPERATION_STATES)
    for (const event of ['pause', 'resume', 'skip'] as const) expect(next('tenant.create', state, event)).toBe('OPERATION_STATE')
  expect(next('tenant.create', 'failed', 'retry')).toBe('anew')
  expect(next('tenant.create', 'running', 'cancel')).toBe('cancelled')
})

test('a fleet that failed before its homes did has none to take up again', () => {
  expect(next('migrate.up', 'failed', 'retry')).toBe('running')
  expect(next('migrate.up', 'failed', 'retry', 'MIGRATION_INVALID')).toBe('anew')
  expect(next('migrate.up', 'failed', 'skip', 'MIGRATION_INVALID')).toBe('OPERATION_STATE')
})

test('what may pause takes nothing back', () => {
  const pausable = OPERATIONS.filter((one) => one.kind === 'steps' && one.pausable === true)
  expect(pausable.map(({ name }) => name)).toContain('migrate.up')
  for (const one of pausable) {
    expect(one).not.toHaveProperty('release')
    for (const step of one.kind === 'steps' ? one.steps : []) expect(step).not.toHaveProperty('undo')
  }
})
