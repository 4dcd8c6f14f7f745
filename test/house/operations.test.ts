import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { FAULTS } from '../../src/kernel/faults.js'
import { OPERATIONS } from '../../src/operations/registry.js'
import { expectCommitted } from './committed.js'
import { inputFields, operationsPage, outputFields } from './operation-pages.js'
import { filesUnder, readText } from './sources.js'

const repeated = (values: readonly (string | undefined)[]): readonly (string | undefined)[] =>
  values.filter((value, index) => value !== undefined && values.indexOf(value) !== index)

const placeholders = (route: string): readonly string[] => [...route.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!)

const undescribed = (operation: { readonly input: z.ZodType }): readonly string[] =>
  inputFields(operation)
    .filter(({ description }) => !description)
    .map(({ name }) => name)

const each = OPERATIONS.map((operation) => [operation.name as string, operation] as const)

describe('operations', () => {
  test('every file that declares an operation is in the registry, under the name of its folder and itself', () => {
    const declared = filesUnder('src/operations', '.ts')
      .filter((path) => !path.endsWith('.test.ts') && /= operation\(\{/.test(readText(path)))
      .map((path) => path.slice('src/operations/'.length, -'.ts'.length).replace('/', '.'))
    expect(OPERATIONS.map(({ name }) => name).sort()).toEqual(declared.sort())
  })

  test('no name and no route stands for two operations', () => {
    expect(repeated(OPERATIONS.map(({ name }) => name))).toEqual([])
    // Routes that differ in the names of their placeholders are one route.
    expect(repeated(OPERATIONS.map(({ http }) => http?.replace(/\{\w+\}/g, '{}')))).toEqual([])
    expect(repeated(['a', 'b', 'a', undefined, undefined])).toEqual(['a'])
  })

  test.each(each)('%s describes every field of its input', (_, operation) => {
    expect(undescribed(operation)).toEqual([])
  })

  test.each(each)('%s names only fields, roles and faults that exist', (_, operation) => {
    const fields = inputFields(operation).map(({ name }) => name)
    const { words, http, access, faults } = operation
    expect(fields).toEqual(
      expect.arrayContaining([
        ...((words.positionals as readonly string[] | undefined) ?? []),
        ...placeholders(http ?? ''),
        ...(access.tenant === undefined ? [] : [access.tenant]),
      ]),
    )
    expect(outputFields(operation)).toEqual(expect.arrayContaining([...(words.columns ?? [])]))
    expect(Object.keys(FAULTS)).toEqual(expect.arrayContaining([...faults]))
    expect(repeated(faults)).toEqual([])
  })

  test.each(each)('%s has a summary of one sentence or two, and its method fits its effect', (_, { summary, effect, http }) => {
    expect(summary).toMatch(/^[A-Z].*\.$/)
    expect(http === undefined || http.startsWith('GET ') === (effect === 'read')).toBe(true)
  })

  test.each(each)('%s lets a tenant-admin in only where it knows whose tenant it is', (_, { access, name }) => {
    const admin = (access.roles as readonly string[]).includes('tenant-admin')
    // A list narrows itself by the caller, and so does what is about one's own.
    expect(!admin || access.tenant !== undefined || name.endsWith('.list') || access.own === true).toBe(true)
  })

  test.each(each)('%s is not for broken glass where it tells a secret', (_, operation) => {
    const tells = operation.kind === 'change' && (operation.secret ?? []).length > 0
    expect(!tells || operation.access.lasting === true).toBe(true)
  })

  test('a field without a description would be found, however it is wrapped', () => {
    const input = z.strictObject({
      bare: z.string(),
      inner: z.string().describe('What it is').optional(),
      outer: z.string().default('a').describe('What it is'),
      wrapped: z.coerce.number().int().min(1).default(4),
    })
    expect(undescribed({ input })).toEqual(['bare', 'wrapped'])
  })

  test('docs/operations.md is what the registry says', () => {
    expectCommitted('docs/operations.md', operationsPage(OPERATIONS))
  })
})
