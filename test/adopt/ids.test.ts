import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseOperation } from '../../src/cli/flags.js'
import type { Io } from '../../src/cli/io.js'
import { adoptTenant } from '../../src/operations/tenant/adopt.js'
import { nameTenants, readIds } from '../../src/operations/tenant/adopt-ids.js'

const A = '11111111-0000-4000-8000-000000000001'
const B = '11111111-0000-4000-8000-000000000002'
const C = '33333333-0000-4000-8000-000000000003'

test('tenants are called as the file says, or by as much of their ids as tells them apart', () => {
  const given = readIds(`tenant_id,slug\r\n${A.toUpperCase()},acme\r\n\r\n"${C}","globex"\n`)
  expect(nameTenants(new Set([B, A]), given)).toEqual([
    { id: A, slug: 'acme' },
    { id: B, slug: `t-${B.replaceAll('-', '')}` },
    { id: C, slug: 'globex' },
  ])
  expect(nameTenants(new Set([B]), new Map())).toEqual([{ id: B, slug: 't-11111111' }])
  const long = `t-${B.replaceAll('-', '')}`
  expect(nameTenants(new Set([B]), readIds(`${C},t-11111111\n`))).toContainEqual({ id: B, slug: long })
  expect(nameTenants(new Set([B]), readIds(`${C},t-11111111\n${A},${long}\n`))).toContainEqual({ id: B, slug: `${long}-2` })
})

test.each([
  ['no id', 'acme-1,acme', /line 1 is not "id,slug"/],
  ['no slug', `${A},`, /line 1 is not/],
  ['too much', `${A},acme,Acme`, /line 1 is not/],
  ['an id twice', `id,slug\n${A},acme\n${A},globex`, /line 3 repeats/],
  ['a slug twice', `${A},acme\n${B},acme`, /line 2 repeats/],
  ['what is no slug', `${A},Acme Inc`, /neither a tenant id nor a valid slug/],
])('a file with %s is refused', (_, text, says) => {
  expect(() => readIds(text)).toThrow(says)
})

test('the command line reads the file that it is given, and says so where it cannot', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-ids-'))
  try {
    await writeFile(join(folder, 'ids.csv'), `${A},acme\n`)
    const flags = (file: string): string[] => ['--isolation', 'shared', '--database', 'shop', '--ids', join(folder, file)]
    expect(parseOperation(adoptTenant, flags('ids.csv'), {} as Io)?.input).toMatchObject({ ids: `${A},acme\n`, isolation: 'shared' })
    expect(() => parseOperation(adoptTenant, flags('none.csv'), {} as Io)).toThrow(/none.csv cannot be read/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
