import { randomBytes } from 'node:crypto'
import type { Fleet } from '../../src/testing/fleet.js'
import { type Eyes, openEyes } from '../faults/eyes.js'
import { ofOurs } from '../support/doctor.js'
import { urlOf } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import type { Theirs } from './theirs.js'

/** Somebody's databases on the server of the tests. */
export interface Shop {
  readonly eyes: Eyes
  readonly theirs: Theirs
  readonly mark: string
  readonly makeDatabase: (name: string, ...scripts: readonly string[]) => Promise<string>
  readonly close: () => Promise<void>
}

export async function openShop(): Promise<Shop> {
  const mark = randomBytes(4).toString('hex')
  const eyes = openEyes(urlOf(testServer()))
  const theirs: Theirs = { owner: `shop_${mark}_owner`, app: `shop_${mark}_app`, report: `shop_${mark}_report` }
  for (const role of Object.values(theirs)) await eyes.see('postgres', `create role ${role} login password 'theirs'`)
  const databases: string[] = []
  return {
    eyes,
    theirs,
    mark,
    makeDatabase: async (name, ...scripts) => {
      const database = `shop_${mark}_${name}`
      databases.push(database)
      await eyes.see('postgres', `create database ${database} owner ${theirs.owner}`)
      if (scripts.length > 0) await eyes.see(database, scripts.join(';\n'))
      return database
    },
    close: async () => {
      for (const database of databases) await eyes.see('postgres', `drop database if exists ${database} with (force)`)
      for (const role of Object.values(theirs)) await eyes.see('postgres', `drop role ${role}`)
      await eyes.close()
    },
  }
}

/** All that takes something away is agreed to. */
export const FLAGS = { revokeOthers: true, revokePublic: true }

/** What the doctor has to say, but of the server, and of names that were there before. */
export const complaints = async (fleet: Fleet): Promise<readonly unknown[]> =>
  (await fleet.run<{ data: { check: string }[] }>('doctor.run')).data.filter((row) => ofOurs(row) && row.check !== 'names.tenant')
