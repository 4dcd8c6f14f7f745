import { expect, test } from 'vitest'
import { askedAlike, sql } from '../../src/kernel/sql.js'
import { parseUrl } from '../../src/postgres/connection.js'
import { openDatabase } from '../../src/postgres/session.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'

const next = () => askedAlike(sql<{ n: string }>`select nextval(${'public.asked_alike'}::regclass) as n`)

test('reads that wait for a connection run once for all who ask alike, after the last of them has come', async () => {
  const database = openDatabase(parseUrl(urlOf(testServer()), 'it'), { applicationName: 'asked alike', max: 1 })
  try {
    await database.script(sql`drop sequence if exists public.asked_alike; create sequence public.asked_alike`)
    const early: Promise<{ n: string }>[] = []
    await database.transaction(async (tx) => {
      // Only the transaction's own connection is there: the others wait for it.
      early.push(database.one(next()), database.one(next()))
      await tx.run(sql`select setval(${'public.asked_alike'}::regclass, 10)`)
      early.push(database.one(next()))
      // In a transaction nobody shares what it sees.
      expect(await tx.one(next())).toEqual({ n: '11' })
      expect(await tx.one(next())).toEqual({ n: '12' })
    })
    expect(await Promise.all(early)).toEqual([{ n: '13' }, { n: '13' }, { n: '13' }])
    expect(await database.one(next())).toEqual({ n: '14' })
  } finally {
    await database.script(sql`drop sequence if exists public.asked_alike`)
    await database.end()
  }
})
