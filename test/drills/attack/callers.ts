import type { ApiRequest } from '../../../src/isolation/attacks/attack.js'
import { ATTACKS } from '../../../src/isolation/attacks/catalogue.js'
import { createApp } from '../../../src/server/app.js'
import type { Fleet } from '../../../src/testing/fleet.js'

/** Asks the HTTP API everything that the catalogue has for it, as the attacker; answers what was not as published. */
export async function askAsCaller(fleet: Fleet, attacker: string, victim: string): Promise<readonly string[]> {
  const app = createApp(fleet.platform)
  const [me, them] = [await fleet.tenant(attacker), await fleet.tenant(victim)]
  const keys: Record<string, string> = {}
  for (const role of ['viewer', 'operator', 'tenant-admin'] as const) {
    const made = await fleet.run<{ key: string }>('key.create', { name: role, role, ...(role === 'tenant-admin' ? { tenant: me.id } : {}) })
    keys[role] = made.key
  }
  const named = (text: string): string => text.replaceAll('{me}', me.id).replaceAll('{them}', them.id).replaceAll('{their role}', victim)
  const ask = async ({ method, path, key = 'operator', json, body, headers }: ApiRequest): Promise<{ answer: string; text: string }> => {
    const payload = json === undefined ? body : JSON.stringify(json)
    const response = await app.fetch(
      new Request(`http://tenantry.test${named(path)}`, {
        method,
        headers: {
          ...(key === 'none' ? {} : { authorization: `Bearer ${keys[key]}` }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
          ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, named(value)])),
        },
        ...(payload === undefined ? {} : { body: named(payload) }),
      }),
    )
    const text = await response.text()
    const { code } = (text.startsWith('{') ? JSON.parse(text) : {}) as { code?: string }
    return { answer: [response.status, code].filter((part) => part !== undefined).join(' '), text }
  }
  const wrong: string[] = []
  for (const { id, title, request, expected, never } of ATTACKS) {
    if (request === undefined) continue
    const { answer, text } = await ask(request)
    const came = never !== undefined && text.includes(named(never))
    if (!(expected as readonly string[]).includes(answer) || came)
      wrong.push(`${id} ${title}: ${answer}${came ? ', with the other tenant in it' : ''}`)
  }
  return wrong
}
