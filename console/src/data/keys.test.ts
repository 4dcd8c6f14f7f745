import { expect, test } from 'vitest'
import { isTouched, keyOf, type Touch } from './keys.js'
import type { OperationName } from './names.js'

const NOTHING: Touch = { operation: null, operationId: null, tenant: null, slug: null, cluster: null }
const ACME: Touch = { ...NOTHING, tenant: 'the-id', slug: 'acme' }

const touched = (names: readonly OperationName[], touch: Touch): readonly string[] =>
  names.filter((name) => isTouched(keyOf(name as 'tenant.list', {}), touch))

test('a change touches whatever else shows a trace of it, and nothing else', () => {
  const shown = ['backup.status', 'migrate.status', 'migrate.homes', 'stock.show', 'assurance.show', 'datakey.list', 'key.list'] as const
  for (const operation of ['tenant.create', 'tenant.clone', 'tenant.delete'])
    expect(touched(shown, { ...ACME, operation })).toEqual(shown.filter((name) => name !== 'key.list'))
  expect(touched(['drift.show', 'tenant.list', 'user.list'], { ...NOTHING, operation: 'migrate.up' })).toEqual([
    'drift.show',
    'tenant.list',
  ])
  expect(touched(['datakey.list', 'tenant.show', 'webhook.list'], { ...ACME, operation: 'backup.create' })).toEqual([
    'datakey.list',
    'tenant.show',
  ])
  expect(touched(['session.list', 'tenant.list', 'audit.log'], { ...NOTHING, operation: 'user.disable' })).toEqual([
    'session.list',
    'audit.log',
  ])
})

test('a state that has changed by itself touches answers about what has it', () => {
  expect(touched(['tenant.list', 'key.list'], ACME)).toEqual(['tenant.list'])
  expect(touched(['cluster.list', 'key.list'], { ...NOTHING, cluster: 'main' })).toEqual(['cluster.list'])
})

test('what is asked about one tenant is touched by what is done to it, and by work on the whole fleet', () => {
  const shows = (tenant: string, touch: Touch): boolean => isTouched(keyOf('tenant.show', { tenant }), touch)
  const suspended = { ...ACME, operation: 'tenant.suspend' }
  expect([shows('acme', suspended), shows('the-id', suspended), shows('globex', suspended)]).toEqual([true, true, false])
  expect(shows('acme', { ...NOTHING, operation: 'tenant.create' })).toBe(false)
  expect(shows('acme', { ...NOTHING, operation: 'user.invite' })).toBe(false)
  expect(shows('acme', { ...NOTHING, operation: 'migrate.up' })).toBe(true)
})

test('what is asked about one operation is touched by that one alone', () => {
  const touch = { ...NOTHING, operation: 'migrate.up', operationId: 'one' }
  expect(isTouched(keyOf('operation.show', { operation: 'one' }), touch)).toBe(true)
  expect(isTouched(keyOf('operation.show', { operation: 'two' }), touch)).toBe(false)
})
