import { createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkConfig } from '../../src/engine/config.js'
import { fault } from '../../src/kernel/faults.js'
import type { KeyProvider } from '../../src/kernel/key-provider.js'
import { secretsFrom } from '../../src/kernel/secrets.js'
import { ageProvider } from '../../src/stores/age-provider.js'
import { openFolderStore } from '../../src/stores/folder-store.js'
import { openKeyStore } from '../../src/stores/key-store.js'
import type { ObjectStore } from '../../src/stores/object-store.js'
import { openKeys } from '../../src/stores/open-store.js'
import { secretsProvider } from '../../src/stores/secrets-provider.js'
import { all, fails, keysOf, put, textOf } from './object-store-contract.js'

const [OLD, NEW] = [randomBytes(32).toString('hex'), randomBytes(32).toString('base64')]
const identity = await generateX25519Identity()
const recipient = await identityToRecipient(identity)
const secrets = secretsFrom({ OLD, NEW, IDENTITY: `# created: today\n${identity}\n`, SHORT: 'secret', SAME: 'ab'.repeat(32) }, '/')

async function folders(count: number): Promise<{ readonly folder: string; readonly stores: readonly ObjectStore[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-keys-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return { folder, stores: Array.from({ length: count }, (_, index) => openFolderStore(join(folder, String(index)))) }
}

/** A store that cannot be reached as long as `down` says so; every call is counted. */
function flaky(store: ObjectStore): { readonly store: ObjectStore; down: (operation: string, key: string) => boolean } {
  const control = { down: (_operation: string, _key: string) => false, store }
  const check = (operation: string, key: string): void => {
    if (control.down(operation, key)) throw fault('STORE_UNREACHABLE', { store: store.name, reason: 'ECONNREFUSED' })
  }
  control.store = {
    ...store,
    write: async (key, chunks) => {
      check('write', key)
      return store.write(key, chunks)
    },
    read: async function* (key, range) {
      check('read', key)
      yield* store.read(key, range)
    },
    list: async function* (prefix) {
      check('list', prefix)
      yield* store.list(prefix)
    },
    remove: async (key) => {
      check('remove', key)
      return store.remove(key)
    },
  }
  return control
}

const one = secretsProvider(['env:OLD'], secrets)
const both = secretsProvider(['env:NEW', 'env:OLD'], secrets)
const other = secretsProvider(['env:NEW'], secrets)
const age = ageProvider({ recipients: [recipient], identity: 'env:IDENTITY' }, secrets)

/** As one for Vault or a KMS is written: it asks somebody else, who knows the keys by number. */
function remoteProvider(): KeyProvider {
  const kept: { readonly key: Buffer; readonly whose: string }[] = []
  const pause = () => new Promise((resolve) => setImmediate(resolve))
  return {
    name: 'remote',
    wrap: async (key, { tenant, key: id }) => {
      await pause()
      return `remote:${kept.push({ key: Buffer.from(key), whose: `${tenant}/${id}` }) - 1}`
    },
    unwrap: async (wrapped, { tenant, key }) => {
      await pause()
      const found = kept[Number(/^remote:(\d+)$/.exec(wrapped)?.[1] ?? Number.NaN)]
      if (found?.whose === `${tenant}/${key}`) return found.key
      throw fault('KEY_UNAVAILABLE', { tenant, key, reason: 'the vault does not know it' })
    },
  }
}

describe.each<[string, () => KeyProvider]>([
  ['secrets', () => one],
  ['age', () => age],
  ['one of your own', remoteProvider],
])('what every key provider promises: %s', (_name, make) => {
  const [context, key] = [{ tenant: 'acme', key: '000001-0123456789abcdef' }, randomBytes(32)]

  test('it unwraps what it has wrapped, never twice the same, and nothing of the key is seen', async () => {
    const provider = make()
    const [a, b] = [await provider.wrap(key, context), await provider.wrap(key, context)]
    expect(a).not.toBe(b)
    expect(a).toMatch(/^[\x20-\x7e]{1,16000}$/)
    expect([a.includes(key.toString('hex')), Buffer.from(a, 'base64').includes(key)]).toEqual([false, false])
    expect([(await provider.unwrap(a, context)).equals(key), (await provider.unwrap(b, context)).equals(key)]).toEqual([true, true])
  })

  test('another tenant, another key and what was changed are refused', async () => {
    const provider = make()
    const wrapped = await provider.wrap(key, context)
    const wrong = [
      () => provider.unwrap(wrapped, { ...context, tenant: 'globex' }),
      () => provider.unwrap(wrapped, { ...context, key: '000002-0123456789abcdef' }),
      () => provider.unwrap(wrapped, { tenant: 'acme0', key: context.key.slice(1) }),
      () => provider.unwrap('', context),
      () => provider.unwrap('nonsense', context),
      () => provider.unwrap(`${wrapped.slice(0, -6)}${wrapped.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`, context),
      () => provider.unwrap(wrapped.slice(0, -8), context),
    ]
    for (const act of wrong) expect(await fails(act)).toMatchObject({ code: 'KEY_UNAVAILABLE' })
  })
})

describe('master secrets', () => {
  const context = { tenant: 'acme', key: '000001-0123456789abcdef' }

  test('the first wraps and all unwrap, so that one can take over from another', async () => {
    const key = randomBytes(32)
    const wrapped = await one.wrap(key, context)
    expect((await both.unwrap(wrapped, context)).equals(key)).toBe(true)
    expect((await other.unwrap(await both.wrap(key, context), context)).equals(key)).toBe(true)
    const refused = await fails(() => other.unwrap(wrapped, context))
    expect(refused).toMatchObject({ code: 'KEY_UNAVAILABLE', message: expect.stringContaining('none of env:NEW is the master secret') })
    const absent = secretsProvider(['env:NEW', 'env:GONE'], secrets)
    expect((await fails(() => absent.unwrap(wrapped, context))).message).toContain('the secret env:GONE cannot be read: it is not set')
  })

  test('what is no secret is refused, and not repeated', async () => {
    for (const [reference, reason] of [
      ['env:SHORT', '32 random bytes'],
      ['env:SAME', 'not random'],
      ['env:GONE', 'not set'],
    ] as const) {
      const { code, message } = await fails(() => secretsProvider([reference], secrets).wrap(randomBytes(32), context))
      expect([code, message]).toEqual(['SECRET_MISSING', expect.stringContaining(reason)])
      expect(message).not.toMatch(/abab|: secret$/)
    }
  })

  test('a file that others may read is refused, for secrets and identities alike', async () => {
    const { folder } = await folders(0)
    await writeFile(join(folder, 'master'), OLD, { mode: 0o644 })
    await writeFile(join(folder, 'identity'), identity, { mode: 0o640 })
    const here = secretsFrom({}, folder)
    const wrapped = await age.wrap(randomBytes(32), context)
    for (const act of [
      () => secretsProvider(['file:master'], here).wrap(randomBytes(32), context),
      () => ageProvider({ recipients: [recipient], identity: 'file:identity' }, here).unwrap(wrapped, context),
    ]) {
      expect(await fails(act)).toMatchObject({ code: 'SECRET_MISSING', message: expect.stringContaining('others may use the file') })
    }
  })

  test('what is wrapped is as the page on stores says, so that others can unwrap it', async () => {
    const key = randomBytes(32)
    const [, , text] = (await one.wrap(key, context)).split('.')
    const sealed = Buffer.from(text!, 'base64url')
    const wrapping = Buffer.from(hkdfSync('sha256', Buffer.from(OLD, 'hex'), sealed.subarray(0, 16), 'tenantry key wrap v1', 32))
    const opened = createDecipheriv('aes-256-gcm', wrapping, sealed.subarray(16, 28)).setAuthTag(sealed.subarray(60))
    const { createHash } = await import('node:crypto')
    opened.setAAD(Buffer.concat([context.tenant, context.key].map((text) => createHash('sha256').update(text).digest())))
    expect(Buffer.concat([opened.update(sealed.subarray(28, 60)), opened.final()]).equals(key)).toBe(true)
  })
})

describe('age', () => {
  test('a line that is no identity is refused without being repeated', async () => {
    const [canary, context] = ['AGE-SECRET-KEY-1CANARY', { tenant: 'a', key: '000001-0123456789abcdef' }]
    const wrapped = await age.wrap(randomBytes(32), context)
    for (const text of [canary, `canary ${canary}`, '# nothing']) {
      const refusing = ageProvider({ recipients: [recipient], identity: 'env:X' }, secretsFrom({ X: text }, '/'))
      const error = await refusing.unwrap(wrapped, context).then(
        () => undefined,
        (error: Error) => error,
      )
      expect(error).toMatchObject({ code: 'SECRET_MISSING' })
      expect(`${error?.message} ${JSON.stringify(error?.cause)} ${error?.stack}`).not.toContain('CANARY')
    }
    expect((await fails(() => ageProvider({ recipients: ['age1nonsense'] }, secrets).wrap(randomBytes(32), context))).code).toBe(
      'INPUT_INVALID',
    )
  })

  test('without an identity every archive has a key of its own, and nothing is unwrapped', async () => {
    const { stores } = await folders(1)
    const sealing = openKeyStore({ provider: ageProvider({ recipients: [recipient] }, secrets), store: stores[0]! })
    const [a, b] = [await sealing.current('acme'), await sealing.current('acme')]
    expect(a.id).not.toBe(b.id)
    expect((await fails(() => sealing.find('acme', a.id))).code).toBe('KEY_UNAVAILABLE')
    const opening = openKeyStore({ provider: age, store: stores[0]! })
    expect((await opening.find('acme', a.id)).key.equals(a.key)).toBe(true)
    expect((await opening.current('acme')).id).toBe(b.id)
  })

  test('a key of a stranger with the right form is refused', async () => {
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipient)
    const forged = Buffer.from(await encrypter.encrypt(randomBytes(96))).toString('base64')
    expect((await fails(() => age.unwrap(forged, { tenant: 'acme', key: 'x' }))).code).toBe('KEY_UNAVAILABLE')
  })
})

describe('the key store', () => {
  test('a tenant has one current key until it is rotated, and every earlier one stays readable', async () => {
    const { stores } = await folders(2)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [stores[1]!] })
    const first = await keys.current('acme')
    expect([first.tenant, first.key.length]).toEqual(['acme', 32])
    expect(await keys.current('acme')).toEqual(first)
    expect((await keys.current('globex')).key.equals(first.key)).toBe(false)
    const second = await keys.rotate('acme')
    expect([second.id.slice(0, 6), second.key.equals(first.key)]).toEqual(['000002', false])
    // Another process, with nothing in memory.
    const again = openKeyStore({ provider: both, store: stores[0]!, copies: [stores[1]!] })
    expect([await again.current('acme'), await again.find('acme', first.id)]).toEqual([second, first])
    expect(await keysOf(stores[1]!)).toEqual(await keysOf(stores[0]!))
    const listed = await all(keys.list('acme'))
    expect(listed.map(({ key }) => key)).toEqual([first.id, second.id])
    expect(listed[0]).toEqual({ tenant: 'acme', key: first.id, provider: 'secrets', madeAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
    expect(new Set((await all(keys.list())).map(({ tenant }) => tenant))).toEqual(new Set(['acme', 'globex']))
  })

  test('are listed from any place on, the destroyed among the others, and only what is listed is read', async () => {
    const { stores } = await folders(1)
    const watched = flaky(stores[0]!)
    const keys = openKeyStore({ provider: one, store: watched.store })
    for (const tenant of ['globex', 'acme', 'initech']) {
      await keys.current(tenant)
      await keys.rotate(tenant)
    }
    await keys.destroy('globex')
    const listed = await all(keys.list())
    expect(listed.map(({ tenant, key, destroyedAt }) => [tenant, key.slice(0, 6), destroyedAt !== undefined])).toEqual([
      ['acme', '000001', false],
      ['acme', '000002', false],
      ['globex', '000001', true],
      ['globex', '000002', true],
      ['initech', '000001', false],
      ['initech', '000002', false],
    ])
    for (const [index, { tenant, key }] of listed.entries()) {
      // Those before cannot be read any more, and nobody tries.
      const before = listed.slice(0, index + 1).map((one) => `keys/${one.tenant}/${one.key}`)
      watched.down = (operation, object) => operation === 'read' && before.includes(object)
      expect(await all(keys.list(undefined, { tenant, key }))).toEqual(listed.slice(index + 1))
    }
    watched.down = () => false
    expect(await all(keys.list('acme', listed[0]))).toEqual([listed[1]])
  })

  test('the key itself is nowhere on the disk, and its files are for the owner alone', async () => {
    const { folder, stores } = await folders(1)
    const { key, id } = await openKeyStore({ provider: one, store: stores[0]! }).current('acme')
    const bytes = await readFile(join(folder, '0', 'keys', 'acme', id))
    const parts = [key, Buffer.from(key.toString('hex')), Buffer.from(key.toString('base64')), Buffer.from(key.toString('base64url'))]
    expect(parts.some((part) => bytes.includes(part))).toBe(false)
  })

  test('a key is used only once it is in the store and in every copy', async () => {
    const { stores } = await folders(2)
    const copy = flaky(stores[1]!)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [copy.store] })
    copy.down = (operation) => operation === 'write'
    expect((await fails(() => keys.current('acme'))).code).toBe('STORE_UNREACHABLE')
    expect(await keysOf(stores[0]!)).toEqual([])
    copy.down = () => false
    const { id } = await keys.current('acme')
    copy.down = () => true
    // What exists is used although a copy is away; nothing new is made.
    expect((await keys.current('acme')).id).toBe(id)
    expect((await fails(() => keys.rotate('acme'))).code).toBe('STORE_UNREACHABLE')
    expect((await keys.current('acme')).id).toBe(id)
  })

  test('when the store is lost or broken, its copies serve, and the store is filled again', async () => {
    const { folder, stores } = await folders(2)
    const main = flaky(stores[0]!)
    const keys = openKeyStore({ provider: one, store: main.store, copies: [stores[1]!] })
    const made = await keys.current('acme')
    await writeFile(join(folder, '0', 'keys', 'acme', made.id), '{"format":"tenantry data key"')
    expect(await keys.find('acme', made.id)).toEqual(made)
    await rm(join(folder, '0'), { recursive: true })
    expect([await keys.find('acme', made.id), await keys.current('acme')]).toEqual([made, made])
    main.down = () => true
    expect([await keys.find('acme', made.id), await keys.current('acme')]).toEqual([made, made])
    main.down = () => false
    expect(await all(keys.rewrap())).toEqual([{ tenant: 'acme', key: made.id }])
    expect(await keysOf(stores[0]!)).toEqual([`keys/acme/${made.id}`])
    await rm(join(folder, '1'), { recursive: true })
    expect(await keys.find('acme', made.id)).toEqual(made)
  })

  test('a key that cannot be had says why, of every place', async () => {
    const { folder, stores } = await folders(2)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [stores[1]!] })
    const { id } = await keys.current('acme')
    const absent = await fails(() => keys.find('acme', '000009-0123456789abcdef'))
    expect(absent).toMatchObject({ code: 'KEY_UNAVAILABLE', facts: { tenant: 'acme', key: '000009-0123456789abcdef' } })
    expect(absent.message).toContain(`the folder ${join(folder, '1')} has no object keys/acme/000009`)
    for (const strange of ['', '../x', `${id}/`, 'x'.repeat(5_000)]) {
      expect((await fails(() => keys.find('acme', strange))).code).toBe('KEY_UNAVAILABLE')
    }
    for (const strange of ['', '..', 'a/b', 'a\0', 'ä']) {
      for (const act of [
        () => keys.current(strange),
        () => keys.find(strange, id),
        () => keys.destroy(strange),
        () => all(keys.list(strange)),
      ]) {
        expect([strange, (await fails(act)).code]).toEqual([strange, 'OBJECT_KEY_INVALID'])
      }
    }
    // The key of one tenant under the name of another.
    await put(stores[0]!, `keys/globex/${id}`, await textOf(stores[0]!, `keys/acme/${id}`))
    expect((await fails(() => keys.find('globex', id))).code).toBe('KEY_UNAVAILABLE')
    await put(stores[0]!, `keys/globex/${id}`, (await textOf(stores[0]!, `keys/acme/${id}`)).replaceAll('acme', 'globex'))
    expect((await fails(() => keys.find('globex', id))).message).toContain('it is the key of another tenant')
    const moved = openKeyStore({ provider: age, store: stores[0]! })
    expect((await fails(() => moved.find('acme', id))).message).toContain('no provider "secrets" that unwraps is configured')
  })

  test('a new master secret, or another provider, takes over without a key being changed', async () => {
    const { stores } = await folders(2)
    const places = { store: stores[0]!, copies: [stores[1]!] }
    const before = openKeyStore({ provider: one, ...places })
    const made = [await before.current('acme'), await before.rotate('acme'), await before.current('globex')]
    expect(await all(openKeyStore({ provider: both, ...places }).rewrap())).toHaveLength(3)
    const after = openKeyStore({ provider: other, ...places })
    for (const one of made) expect(await after.find(one.tenant, one.id)).toEqual(one)
    expect((await fails(() => before.find('acme', made[0]!.id))).code).toBe('KEY_UNAVAILABLE')

    await all(openKeyStore({ provider: age, former: [other], ...places }).rewrap())
    for (const store of stores) {
      const alone = openKeyStore({ provider: age, store })
      for (const one of made) expect(await alone.find(one.tenant, one.id)).toEqual(one)
      expect((await all(alone.list())).map(({ provider }) => provider)).toEqual(['age', 'age', 'age'])
    }
  })

  test('one lost key does not keep the others with the secret that is to go, and is told', async () => {
    const { folder, stores } = await folders(1)
    const keys = openKeyStore({ provider: both, store: stores[0]! })
    const made = [await keys.current('a'), await keys.current('b'), await keys.current('c')]
    await writeFile(join(folder, '0', 'keys', 'b', made[1]!.id), '{}')
    const seen: string[] = []
    const rewrapping = async () => {
      for await (const { tenant } of keys.rewrap()) seen.push(tenant)
    }
    expect(await fails(rewrapping)).toMatchObject({ code: 'KEY_UNAVAILABLE', facts: { tenant: 'b' } })
    expect(seen).toEqual(['a', 'c'])
  })

  test('the configuration may bring a provider of its own', async () => {
    const { folder } = await folders(0)
    const own = remoteProvider()
    const keys = { provider: { own }, store: { folder: 'keys' } }
    const config = checkConfig({ catalog: {}, archives: { keys } }, folder, 'tenantry.config.ts')
    const opened = openKeys(config.archives.keys!, secrets)
    const made = await opened.current('acme')
    expect(await opened.find('acme', made.id)).toEqual(made)
    expect(await readdir(join(folder, 'keys', 'keys', 'acme'))).toEqual([made.id])
    const wrong = { ...keys, provider: { own: { ...own, name: 'age' } } }
    const refused = await fails(async () => checkConfig({ catalog: {}, archives: { keys: wrong } }, folder, 'tenantry.config.ts'))
    expect(refused).toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { issues: [expect.stringContaining('must have a name in lower case')] },
    })
  })

  test('the configuration opens it', async () => {
    const { folder } = await folders(0)
    const keys = openKeys(
      {
        provider: { age: { recipients: [recipient], identity: 'env:IDENTITY' } },
        former: [{ secrets: ['env:OLD'] }],
        store: { folder: join(folder, 'a') },
        copies: [{ folder: join(folder, 'b') }],
      },
      secrets,
    )
    const made = await keys.current('acme')
    expect(await keys.find('acme', made.id)).toEqual(made)
    expect(await readdir(join(folder, 'b', 'keys', 'acme'))).toEqual([made.id])
  })
})

describe('keys that are destroyed', () => {
  test('are in no place any more, are told as destroyed for good, and of others nothing changes', async () => {
    const { folder, stores } = await folders(2)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [stores[1]!] })
    const made = [await keys.current('acme'), await keys.rotate('acme')]
    const neighbour = await keys.current('acme2')
    const done = await keys.destroy('acme')
    expect(done).toEqual({ keys: made.map(({ id }) => id), where: stores.map(({ name }) => name) })
    for (const index of ['0', '1']) {
      const left = (await readdir(join(folder, index), { recursive: true })).sort()
      expect(left).toEqual(['.drafts', 'destroyed', 'destroyed/acme', 'keys', 'keys/acme2', `keys/acme2/${neighbour.id}`])
    }
    for (const act of [() => keys.find('acme', made[0]!.id), () => keys.current('acme'), () => keys.rotate('acme')]) {
      expect(await fails(act)).toMatchObject({
        code: 'KEY_DESTROYED',
        facts: { tenant: 'acme', destroyedAt: expect.stringMatching(/^20/) },
      })
    }
    expect(await keys.find('acme2', neighbour.id)).toEqual(neighbour)
    const listed = await all(keys.list('acme'))
    expect(listed).toEqual(made.map(({ id }) => expect.objectContaining({ key: id, provider: 'secrets', destroyedAt: expect.any(String) })))
    // Again: the same answer, and the first time stays.
    expect(await keys.destroy('acme')).toEqual(done)
    expect(await all(keys.list('acme'))).toEqual(listed)
    expect(await all(keys.rewrap())).toEqual([{ tenant: 'acme2', key: neighbour.id }])
  })

  test('stay destroyed where somebody puts a copy back', async () => {
    const { stores } = await folders(2)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [stores[1]!] })
    const { id } = await keys.current('acme')
    const kept = await textOf(stores[1]!, `keys/acme/${id}`)
    await keys.destroy('acme')
    await put(stores[0]!, `keys/acme/${id}`, kept)
    await put(stores[1]!, `keys/acme/${id}`, kept)
    await stores[0]!.remove('destroyed/acme')
    await stores[0]!.remove(`keys/acme/${id}`)
    expect((await fails(() => keys.find('acme', id))).code).toBe('KEY_DESTROYED')
    expect(await all(keys.rewrap())).toEqual([])
    expect((await keys.destroy('acme')).keys).toEqual([id])
    expect(await keysOf(stores[1]!)).toEqual(['destroyed/acme'])
  })

  test('are unusable from the first tombstone on; a place that is away is told until nothing is left there', async () => {
    const { stores } = await folders(3)
    const copy = flaky(stores[1]!)
    const keys = openKeyStore({ provider: one, store: stores[0]!, copies: [copy.store, stores[2]!] })
    const { id } = await keys.current('acme')
    for (const operation of ['remove', 'read', 'list', 'write']) {
      copy.down = (now) => now === operation
      expect(await fails(() => keys.destroy('acme'))).toMatchObject({
        code: 'KEYS_REMAIN',
        facts: { where: [expect.stringContaining(copy.store.name)] },
      })
      expect((await fails(() => keys.find('acme', id))).code).toBe('KEY_DESTROYED')
    }
    expect([await keysOf(stores[0]!), await keysOf(stores[2]!)]).toEqual([['destroyed/acme'], ['destroyed/acme']])
    copy.down = () => false
    expect(await keys.destroy('acme')).toMatchObject({ keys: [id] })
    expect(await keysOf(stores[1]!)).toEqual(['destroyed/acme'])
  })

  test('do not come back by one that was made, or wrapped anew, in that moment', async () => {
    for (const act of ['make', 'rewrap'] as const) {
      const { stores } = await folders(2)
      const main = flaky(stores[0]!)
      const racing = openKeyStore({ provider: one, store: main.store, copies: [stores[1]!] })
      const other = openKeyStore({ provider: one, store: stores[0]!, copies: [stores[1]!] })
      await other.current('acme')
      // Everything of the destruction happens between the first look and the last write.
      let destroying: Promise<unknown> | undefined
      const held: ObjectStore = {
        ...main.store,
        write: async (key, chunks) => {
          destroying ??= other.destroy('acme')
          await destroying
          return stores[0]!.write(key, chunks)
        },
      }
      const keys = openKeyStore({ provider: one, store: held, copies: [stores[1]!] })
      if (act === 'make') expect((await fails(() => keys.rotate('acme'))).code).toBe('KEY_DESTROYED')
      else expect(await all(keys.rewrap())).toEqual([])
      expect(destroying).toBeDefined()
      expect([await keysOf(stores[0]!), await keysOf(stores[1]!)]).toEqual([['destroyed/acme'], ['destroyed/acme']])
      expect((await fails(() => racing.current('acme'))).code).toBe('KEY_DESTROYED')
    }
  })

  test('need not have been there: then there will be none', async () => {
    const { stores } = await folders(1)
    const keys = openKeyStore({ provider: one, store: stores[0]! })
    expect(await keys.destroy('acme')).toEqual({ keys: [], where: [stores[0]!.name] })
    expect((await fails(() => keys.current('acme'))).code).toBe('KEY_DESTROYED')
  })

  test('stay destroyed where the tombstone cannot be read', async () => {
    const { stores } = await folders(1)
    const keys = openKeyStore({ provider: one, store: stores[0]! })
    const { id } = await keys.current('acme')
    await put(stores[0]!, 'destroyed/acme', 'not JSON')
    expect((await fails(() => keys.find('acme', id))).code).toBe('KEY_DESTROYED')
    expect((await keys.destroy('acme')).keys).toEqual([id])
  })
})
