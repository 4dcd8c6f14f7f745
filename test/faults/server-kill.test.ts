import { describe, expect, test } from 'vitest'
import { type OwnServer, startOwnServer } from '../support/own-server.js'
import { testServer } from '../support/servers-injected.js'
import { killServer, type Victim } from './server-kills.js'
import { type Stage, startStage } from './stage.js'

const VICTIMS: readonly Victim[] = ['postmaster', 'backend']

describe('the server is killed in the midst of nine operations: they are brought to their end, and everything is whole', () => {
  test.for(['with the catalog on it', 'with the catalog elsewhere'])('%s', { timeout: 120_000 }, async (where) => {
    let [server, stage]: [OwnServer | undefined, Stage | undefined] = [undefined, undefined]
    try {
      server = await startOwnServer()
      stage = await startStage(server, where === 'with the catalog elsewhere' ? testServer() : undefined)
      for (const [round, victim] of VICTIMS.entries()) {
        const { violations, convergedMs } = await killServer(stage, victim, where === 'with the catalog elsewhere' ? round : round + 5)
        expect(violations).toEqual([])
        expect(Math.max(...convergedMs)).toBeLessThan(20_000)
      }
    } finally {
      await stage?.stop()
      await server?.stop()
    }
  })
})
