import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, startApi } from './api-server.js'

interface Example {
  readonly openShop: (slug: string) => Promise<string>
  readonly openShops: () => Promise<string[]>
  readonly closeShop: (slug: string, tell: (line: string) => void) => Promise<boolean>
}

let api: Api
let example: Example

beforeAll(async () => {
  api = await startApi()
  const page = await readFile('docs/client.md', 'utf8')
  const folder = join(process.cwd(), '.build', 'test', 'api')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'client-page.ts')
  await writeFile(file, /^```ts\n([\s\S]*?)^```/m.exec(page)![1]!)
  const before = [process.env.TENANTRY_URL, process.env.TENANTRY_API_KEY]
  process.env.TENANTRY_URL = api.url
  process.env.TENANTRY_API_KEY = (await api.key('fleet-admin')).key
  example = (await import(file)) as Example
  for (const [index, name] of ['TENANTRY_URL', 'TENANTRY_API_KEY'].entries()) {
    if (before[index] === undefined) delete process.env[name]
    else process.env[name] = before[index]
  }
})
afterAll(() => api.close())

test('the example of the page runs as written', async () => {
  const id = await example.openShop('corner')
  expect(await example.openShop('corner')).toBe(id)
  expect(await example.openShops()).toEqual(['corner'])
  const told: string[] = []
  expect(await example.closeShop('corner', (line) => told.push(line))).toBe(true)
  expect(await example.closeShop('nobody', (line) => told.push(line))).toBe(false)
  expect(told).toEqual(['corner: succeeded', expect.stringMatching(/nobody.*; .*/)])
  expect(await example.openShops()).toEqual([])
})
