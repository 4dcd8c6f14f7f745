import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { secretOf, secretsOf, signedHeaders } from '../../src/engine/webhooks/sign.js'

interface Page {
  readonly eventOf: (headers: IncomingHttpHeaders, body: Buffer, secret: string) => { readonly type: string } | undefined
}

let page: Page
beforeAll(async () => {
  const text = await readFile('docs/webhooks.md', 'utf8')
  const folder = join(process.cwd(), '.build', 'test', 'webhooks')
  await mkdir(folder, { recursive: true })
  const file = join(folder, 'receiver.ts')
  await writeFile(file, /^```ts\n(import [\s\S]*?)^```/m.exec(text)![1]!)
  page = (await import(file)) as Page
})

const master = Buffer.alloc(32, 'a master secret of 32 bytes')
const secrets = secretsOf(master, { id: 'x', generation: 2, beforeToo: true })
const body = Buffer.from('{"type":"tenant.created","data":{"slug":"Bäckerei"}}')
const at = (atS: number, by = secrets) => signedHeaders(by, { id: '1795334400001', atS, body: body.toString() })
const now = () => Math.floor(Date.now() / 1_000)

test('the receiver of the page takes what was signed by its secret, also while both are good', () => {
  for (const secret of secrets) expect(page.eventOf(at(now()), body, secret)).toMatchObject({ type: 'tenant.created' })
})

test('it takes nothing else', () => {
  const headers = at(now())
  const [secret = ''] = secrets
  expect(page.eventOf(headers, body, secretOf(master, 'y', 2))).toBeUndefined()
  expect(page.eventOf(headers, Buffer.from(body.toString().replace('created', 'deleted')), secret)).toBeUndefined()
  expect(page.eventOf({ ...headers, 'webhook-id': '1795334400002' }, body, secret)).toBeUndefined()
  expect(page.eventOf({ ...headers, 'webhook-timestamp': String(now() + 9) }, body, secret)).toBeUndefined()
  for (const stale of [now() - 400, now() + 400]) expect(page.eventOf(at(stale), body, secret)).toBeUndefined()
  for (const name of Object.keys(headers)) expect(page.eventOf({ ...headers, [name]: undefined }, body, secret)).toBeUndefined()
  for (const forged of ['', 'v1', 'v1,', 'v1,AAAA', headers['webhook-signature']!.replaceAll('v1,', 'v2,')])
    expect(page.eventOf({ ...headers, 'webhook-signature': forged }, body, secret)).toBeUndefined()
})
